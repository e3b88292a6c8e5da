use std::fmt;

#[derive(Debug)]
pub struct Cart {
    items: Vec<i32>,
}

impl Cart {
    #[inline]
    pub fn add(&mut self, item: i32, count: usize) -> usize {
        self.items.push(item);
        self.items.len() * count
    }
}
