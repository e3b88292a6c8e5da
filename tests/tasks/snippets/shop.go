package a

// +build linux

func Total(cart *Cart, rate float64) (float64, error) {
	sum := cart.Sum()
	return sum * rate, nil
}

type Cart struct {
	items []int
}

func (c *Cart) Add(item int) {
	c.items = append(c.items, item)
	c.count++
}
