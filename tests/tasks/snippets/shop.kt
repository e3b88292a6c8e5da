@Serializable
class Cart {
    @JvmStatic
    fun add(item: Item, count: Int = 1): Int {
        items.add(item)
        return items.size * count
    }
}
