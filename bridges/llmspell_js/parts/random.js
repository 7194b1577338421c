// xoshiro128** (Blackman and Vigna, https://prng.di.unimi.it), its state filled by splitmix32 from the seed.
const state = List();

let word = (seed ^ floor(seed / 2 ** 32)) | 0;
for (let i = 0; i < 4; i++) {
  word = (word + 0x9e3779b9) | 0;
  let mixed = imul(word ^ (word >>> 16), 0x21f0aaad);
  mixed = imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  state[i] = mixed ^ (mixed >>> 15);
}

function random32() {
  const turned = imul(state[1], 5);
  const result = imul((turned << 7) | (turned >>> 25), 9);
  const shifted = state[1] << 9;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = (state[3] << 11) | (state[3] >>> 21);
  return result >>> 0;
}

function random() {
  return ((random32() >>> 5) * 2 ** 26 + (random32() >>> 6)) / 2 ** 53;
}

const HEX = "0123456789abcdef";

function uuid() {
  let text = "";
  for (let i = 0; i < 32; i++) {
    const digit = i === 12 ? 4 : i === 16 ? 8 + (random32() >>> 30) : random32() >>> 28;
    text += (i === 8 || i === 12 || i === 16 || i === 20 ? "-" : "") + HEX[digit];
  }
  return text;
}

return { random, uuid };
