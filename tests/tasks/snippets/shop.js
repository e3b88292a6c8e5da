import x from 'x';

export class Cart {
  add(item, count = 1) {
    this.items.push(item);
    return this.items.length * count;
  }
}

export function total(cart, rate) {
  const sum = cart.sum();
  return sum * rate;
}
