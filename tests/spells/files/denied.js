const text = await fs.read("note.txt"); // HERE
export default text;
