export function total(order) {
  if (!order.price) {
    throw new Error("the price is missing"); // HERE
  }
  return order.price;
}
