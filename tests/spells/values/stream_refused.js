export default stdin.lines();
