<?php

#[Attribute]
class Cart {
    public function add(Item $item, int $count = 1): int {
        $this->items[] = $item;
        return count($this->items) * $count;
    }
}
