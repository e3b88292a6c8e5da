package a;

@Deprecated
public class Cart<T> {
    @Override
    public <K> int add(T item, int count) throws IOException {
        items.push(item);
        return items.size() * count;
    }
}
