@Component({a: 1})
export class Cart {
  @Input()
  add(item: Item, count: number = 1): number {
    this.items.push(item);
    return this.items.length;
  }
}
export function total(cart: Cart, rate?: number): number {
  const sum = cart.sum();
  return sum * (rate ?? 1);
}
