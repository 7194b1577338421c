const order = {};
function total() {
  return order.items.price; // HERE
}
export default total();
