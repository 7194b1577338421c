export default "just text";
