#!/bin/bash

total() {
  local sum=0
  for f in "$@"; do sum=$((sum + f)); done
  echo $sum
}
