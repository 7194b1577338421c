export default {
  tenth: params.tenth,
  huge: params.huge,
  tiny: params.tiny,
  whole: params.whole,
  sum: 0.1 + 0.2,
  third: 1 / 3,
  negative: -2.5,
  zero: -0.0,
  million: 1e6,
  trillions: 1e15,
  text: json.encode([0.1, 5.0, 1e6, 1 / 2, -3]),
};
