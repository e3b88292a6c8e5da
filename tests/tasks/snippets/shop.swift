public class Cart {
    @discardableResult
    public func add(_ item: Item, count: Int = 1) -> Int {
        items.append(item)
        return items.count * count
    }
}
