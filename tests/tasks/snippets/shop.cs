namespace A {
    [Serializable]
    public class Cart {
        [Obsolete]
        public int Add(Item item, int count = 1) {
            items.Add(item);
            return items.Count * count;
        }
    }
}
