export default () => () => 5;
