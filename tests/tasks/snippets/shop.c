#include <a.h>

static int helper(int a) { int b = a; b += 1; return b * a + 10000000000; }

int total(struct cart *cart, int rate)
{
    int sum = cart_sum(cart);
    return sum * rate;
}
