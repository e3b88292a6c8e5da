#include <a>

template <typename T>
class Cart {
 public:
  int add(const T& item, int count) {
    items.push_back(item);
    return items.size() * count;
  }
};

int Cart2::total(double rate) const {
  auto s = sum();
  return s * rate;
}
