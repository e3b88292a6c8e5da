"""A small file in each language, and what it defines: (qualname, kind, public, parameters, documented)."""

from __future__ import annotations

Expected = tuple[str, str, bool, tuple[str, ...], bool]

SAMPLES: dict[str, tuple[str, list[Expected]]] = {
    "python": (
        '''#!/usr/bin/env python3
"""A stack."""
import os


class Stack:
    """Last in, first out."""

    limit = 10

    # how it starts
    @classmethod
    def of(cls, *items: int, size: int = 3) -> "Stack":
        """Make one."""
        return cls()

    async def _drop(self, n, /): pass


if os.name == "posix":
    def fast(x, **options): return x
''',
        [
            ("Stack", "class", True, (), True),
            ("Stack.of", "method", True, ("cls", "items", "size"), True),
            ("Stack._drop", "method", False, ("self", "n"), False),
            ("fast", "function", True, ("x", "options"), False),
        ],
    ),
    "javascript": (
        """import x from "x";

/** Adds. */
export function add(a, b = 1, ...rest) {
  return a + b;
}

class Shape extends Base {
  #secret() { return 1; }
  /**
   * Area.
   */
  static async area(w, h) {
    return w * h;
  }
  onClick = (event) => event;
}

export const twice = (n) => n * 2;
Shape.prototype.draw = function (ctx) {};
""",
        [
            ("add", "function", True, ("a", "b", "rest"), True),
            ("Shape", "class", True, (), False),
            ("Shape.secret", "method", False, (), False),
            ("Shape.area", "method", True, ("w", "h"), True),
            ("Shape.onClick", "method", True, ("event",), False),
            ("twice", "function", True, ("n",), False),
            ("Shape.draw", "method", True, ("ctx",), False),
        ],
    ),
    "typescript": (
        """/** A thing that runs. */
export interface Runner<T> {
  /** Runs. */
  run(input: T, times?: number): void;
}

@Injectable()
export abstract class Job implements Runner<string> {
  constructor(private readonly name: string) {}
  private hidden(): void {}
  abstract run(input: string): void;
}

namespace Deep.Space {
  export function probe(at: number = 1): Promise<number> {
    return Promise.resolve(at);
  }
}
""",
        [
            ("Runner", "class", True, ("T",), True),
            ("Runner.run", "method", True, ("input", "times"), True),
            ("Job", "class", True, (), False),
            ("Job.constructor", "method", True, ("name",), False),
            ("Job.hidden", "method", False, (), False),
            ("Job.run", "method", True, ("input",), False),
            ("Deep.Space.probe", "function", True, ("at",), False),
        ],
    ),
    "tsx": (
        """/** A greeting. */
export default function Hello({ name }: Props) {
  return <b>{name}</b>;
}

export const Bye = (props: Props) => <i>{props.name}</i>;
""",
        [
            ("Hello", "function", True, ("{ name }",), True),
            ("Bye", "function", True, ("props",), False),
        ],
    ),
    "go": (
        """package main

// Point is a place.
type Point struct {
	X, Y int
}

// Move shifts p.
// It changes it.
//go:noinline
func (p *Point) Move(dx, dy int, rest ...int) (moved bool, err error) {
	return true, nil
}

type shape interface {
	Area(unit string) float64
}

func helper[T any](x T) T { return x }
""",
        [
            ("Point", "class", True, (), True),
            ("Point.Move", "method", True, ("dx", "dy", "rest"), True),
            ("shape", "class", False, (), False),
            ("shape.Area", "method", False, ("unit",), False),
            ("helper", "function", False, ("x",), False),
        ],
    ),
    "rust": (
        """//! A crate.
use std::fmt;

/// A pair.
///
/// Of two.
#[derive(Debug)]
pub struct Pair<T> {
    a: T,
}

impl<T> Pair<T> {
    /// Makes one.
    #[inline]
    pub fn new(a: T, mut b: &str) -> Self {
        Pair { a }
    }
    fn hidden(&self) {}
}

impl fmt::Display for Pair<u8> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { Ok(()) }
}

pub trait Area { fn area(&self) -> f64; }
mod inner { pub fn deep() {} }
""",
        [
            ("Pair", "class", True, (), True),
            ("Pair.new", "method", True, ("a", "b"), True),
            ("Pair.hidden", "method", False, ("self",), False),
            ("Pair.fmt", "method", False, ("self", "f"), False),
            ("Area", "class", True, (), False),
            ("Area.area", "method", True, ("self",), False),
            ("inner.deep", "function", False, (), False),
        ],
    ),
    "java": (
        """package a.b;

/** A queue. */
@Deprecated
public class Queue<T> extends Base {
  private int size = 1;

  /** Makes one. */
  public Queue(int size, final String... names) { }

  @Override
  protected <K> List<K> find(int a, K[] b) throws IOException { return null; }

  void inside() {}

  interface Visitor { void visit(int a); }
}
""",
        [
            ("Queue", "class", True, ("T",), True),
            ("Queue.Queue", "method", True, ("size", "names"), True),
            ("Queue.find", "method", True, ("K", "a", "b"), False),
            ("Queue.inside", "method", False, (), False),
            ("Queue.Visitor", "class", False, (), False),
            ("Queue.Visitor.visit", "method", False, ("a",), False),
        ],
    ),
    "c": (
        """#include <stdio.h>

/** Adds. */
int add(int a, char *b, int c[3], void (*callback)(int), ...) {
  return a;
}

static struct node *make(void);

#ifdef DEBUG
/* no doc comment */
char **trace(const char *const *x) { return 0; }
#endif

typedef struct { int x; } point;
int (*pointer)(int);
""",
        [
            ("add", "function", True, ("a", "b", "c", "callback", "..."), True),
            ("make", "function", False, (), False),
            ("trace", "function", True, ("x",), False),
            ("point", "class", True, (), False),
        ],
    ),
    "cpp": (
        """namespace geo {

/// A box.
template <typename T>
class Box : public Base {
public:
  explicit Box(int width = 1);
  bool operator==(const Box& other) const { return true; }
private:
  void hidden(T&& t);
};

}  // namespace geo

/** Makes it. */
template <typename T>
geo::Box<T>::Box(int width) : w(width) {}

auto area(int a) -> double { return a; }
""",
        [
            ("geo.Box", "class", True, ("T",), True),
            ("geo.Box.Box", "method", True, ("width",), False),
            ("geo.Box.operator==", "method", True, ("other",), False),
            ("geo.Box.hidden", "method", False, ("t",), False),
            ("geo.Box.Box", "method", True, ("T", "width"), True),
            ("area", "function", True, ("a",), False),
        ],
    ),
    "csharp": (
        """using System;

namespace Shop.Cart
{
    /// <summary>A basket.</summary>
    [Serializable]
    public sealed class Basket<T> : IDisposable
    {
        public Basket(int size, string name = "x") : base(size) { }

        /// <summary>Adds.</summary>
        public static async Task<int> Add(ref int a, params string[] rest) { return 1; }

        private void Hidden() { }
    }

    public interface ICart { void Pay(int sum); }
}
""",
        [
            ("Shop.Cart.Basket", "class", True, ("T",), True),
            ("Shop.Cart.Basket.Basket", "method", True, ("size", "name"), False),
            ("Shop.Cart.Basket.Add", "method", True, ("a", "rest"), True),
            ("Shop.Cart.Basket.Hidden", "method", False, (), False),
            ("Shop.Cart.ICart", "class", True, (), False),
            ("Shop.Cart.ICart.Pay", "method", True, ("sum",), False),
        ],
    ),
    "ruby": (
        """# frozen_string_literal: true

# Shapes.
module Shapes
  class Circle < Base
    attr_reader :r

    # Draws.
    # @param a [Integer]
    def draw(a, b = 1, *rest, key:, **options, &block)
      a
    end

    def self.unit; end

    private

    def hidden
    end
  end
end
""",
        [
            ("Shapes", "class", True, (), True),
            ("Shapes.Circle", "class", True, (), False),
            ("Shapes.Circle.draw", "method", True, ("a", "b", "rest", "key", "options", "block"), True),
            ("Shapes.Circle.unit", "method", True, (), False),
            ("Shapes.Circle.hidden", "method", False, (), False),
        ],
    ),
    "php": (
        """<?php
namespace App\\Models;

/** A user. */
#[Entity]
final class User extends Model
{
    /**
     * Finds.
     */
    public static function find(int $id, ?string &$name = null, ...$rest): ?User
    {
        return null;
    }

    private function hidden() {}
}

function helper(array $items = []) {}
""",
        [
            ("User", "class", True, (), True),
            ("User.find", "method", True, ("$id", "$name", "$rest"), True),
            ("User.hidden", "method", False, (), False),
            ("helper", "function", True, ("$items",), False),
        ],
    ),
    "kotlin": (
        """package a.b

/** A user. */
@Serializable
data class User(val name: String, private val age: Int = 1) : Base(name) {
    /** Greets. */
    @JvmStatic
    suspend fun greet(other: User, vararg words: String = x): List<String> {
        return words
    }

    private fun hidden() = 1

    companion object {
        fun make(): User = TODO()
    }
}

fun String.shout(times: Int): String = this
""",
        [
            ("User", "class", True, ("name", "age"), True),
            ("User.greet", "method", True, ("other", "words"), True),
            ("User.hidden", "method", False, (), False),
            ("User.Companion", "class", True, (), False),
            ("User.Companion.make", "method", True, (), False),
            ("shout", "function", True, ("times",), False),
        ],
    ),
    "scala": (
        """package a.b

/** A point. */
@deprecated
final case class Point[T](x: Int, y: Int = 1)(implicit c: C) extends Base {
  /** Moves. */
  @inline def move(dx: Int, rest: Int*): Point[T] = {
    this
  }
  private def hidden: Int = 1
}

object Point { def origin(): Int = 0 }
""",
        [
            ("Point", "class", True, ("T", "x", "y", "c"), True),
            ("Point.move", "method", True, ("dx", "rest"), True),
            ("Point.hidden", "method", False, (), False),
            ("Point", "class", True, (), False),
            ("Point.origin", "method", True, (), False),
        ],
    ),
    "swift": (
        """import Foundation

/// A cup.
/// Of tea.
@objc
public final class Cup<T>: Base {
    public init(size: Int, _ name: String = "x") { }

    /// Fills it.
    @discardableResult
    func fill(with a: inout Int, b: String...) throws -> [T] { return [] }

    private func hidden() {}
}

extension Cup { func empty() {} }
protocol Drink { func drink(a: Int) -> Int }
""",
        [
            ("Cup", "class", True, ("T",), True),
            ("Cup.init", "method", True, ("size", "name"), False),
            ("Cup.fill", "method", True, ("a", "b"), True),
            ("Cup.hidden", "method", False, (), False),
            ("Cup.empty", "method", True, (), False),
            ("Drink", "class", True, (), False),
            ("Drink.drink", "method", True, ("a",), False),
        ],
    ),
    "bash": (
        """#!/usr/bin/env bash

# Says hello.
# $1 - who
hello() {
  echo "$1"
}

function _hidden {
  :
}
""",
        [
            ("hello", "function", True, (), True),
            ("_hidden", "function", False, (), False),
        ],
    ),
    "lua": (
        """local M = {}

--- Adds.
-- @param a a number
function M.add(a, b, ...)
  return a + b
end

-- no doc comment
local function hidden(x)
end

function M:method(y) end
M.assigned = function(z) return z end

return M
""",
        [
            ("M.add", "method", True, ("a", "b", "..."), True),
            ("hidden", "function", False, ("x",), False),
            ("M.method", "method", True, ("y",), False),
            ("M.assigned", "method", True, ("z",), False),
        ],
    ),
}
