"""Docstrings known to be wrong, with the reason they must be rejected for, and true ones that must pass."""

from __future__ import annotations

CODE: dict[str, str] = {
    "delete_user": """
import requests

def delete_user(session: requests.Session, base: str, user_id: int) -> bool:
    response = session.delete(f"{base}/users/{user_id}", timeout=30)
    return response.status_code == 204
""",
    "request": """
def send(self, path, headers=None):
    merged = {**self.headers, **(headers or {})}
    return self.http.request("DELETE", path, headers=merged.get("x"))
""",
    "median": """
def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
""",
    "encode_row": """
import json

def encode_row(row, *, indent=None):
    if row is None:
        raise ValueError("no row")
    return json.dumps(row, indent=indent).encode("utf-8")
""",
    "close": """
class Channel:
    def close(self):
        for listener in list(self._listeners):
            listener.cancel()
        self._socket.close()
        self._closed = True
""",
    "is_open": """
class Channel:
    def is_open(self):
        return not self.closed
""",
    "active": """
class Account:
    @property
    def active(self):
        return self.expires > self.clock.now()
""",
    "balance": """
class Account:
    @property
    def balance(self):
        return sum(entry.amount for entry in self.entries)

    @balance.setter
    def balance(self, amount):
        self.entries = [Entry(amount)]
""",
    "walk": """
import os

def python_files(root, ignore=()):
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in ignore]
        for file in files:
            if file.endswith(".py"):
                yield os.path.join(folder, file)
""",
    "group": """
def group_by_key(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
""",
    "names": """
def column_names(table):
    names = []
    for column in table.columns:
        if not column.hidden:
            names.append(column.name)
    return names
""",
    "retry": """
import functools
import time

def retry(times, delay=0.5):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except OSError:
                    if attempt == times - 1:
                        raise
                    time.sleep(delay)
        return wrapper
    return decorate
""",
    "largest": """
def max_width(lines, default=80):
    if not lines:
        return default
    return max(len(line) for line in lines)
""",
    "first": """
def first_match(pattern, lines):
    for number, line in enumerate(lines, start=1):
        if pattern.search(line):
            return number, line
    return None
""",
    "remove": """
class Registry:
    def remove_handler(self, name):
        handler = self._handlers.pop(name, None)
        if handler is not None:
            handler.stop()
""",
    "stack": """
class Stack(list):
    def push(self, item):
        self.append(item)

    def peek(self):
        return self[-1]
""",
    "read_config": """
import tomllib
from pathlib import Path

def read_config(path: Path, section: str = "tool") -> dict[str, object]:
    with path.open("rb") as file:
        data = tomllib.load(file)
    return data.get(section, {})
""",
    "log": """
import logging

logger = logging.getLogger(__name__)

def report_failure(job, error):
    logger.error("job %s failed: %s", job.name, error)
    job.failures += 1
""",
    "fetch": """
class Client:
    async def fetch_page(self, url, *, retries=3):
        async with self.session.get(url) as response:
            response.raise_for_status()
            return await response.text()
""",
    "token": """
import secrets

def new_token(length=32):
    return secrets.token_urlsafe(length)
""",
    "now": """
import time

def elapsed():
    return time.monotonic() - START
""",
    "to_html": """
from html import escape

def to_html(text, tag="p"):
    return f"<{tag}>{escape(text)}</{tag}>"
""",
    "count": """
def count_words(text):
    words = {}
    for word in text.split():
        words[word] = words.get(word, 0) + 1
    return words
""",
    "check": """
def ensure_positive(number, name):
    if number <= 0:
        raise ValueError(f"{name} must be positive")
    return number
""",
    "parse_bool": """
def parse_flag(text):
    lowered = text.strip().lower()
    if lowered in ("1", "yes", "on"):
        return True
    if lowered in ("0", "no", "off"):
        return False
    raise ValueError(text)
""",
    "directive": """
class Directive(Base):
    def run(self, state):
        for line in self.content:
            state.nested_parse(line, self.offset)
        return state.nodes
""",
    "click": """
class Tree:
    def on_double(self, event):
        item = self.find(event.x, event.y)
        self.expand(item)

    def begin_drag(self, event):
        self.origin = event.x, event.y

    def enter_item(self, item):
        self.current = item
        item.highlight()

    def visit_title(self, node):
        self.out.append(node.text)
""",
    "refuse": """
class Frozen(dict):
    def update_all(self, items):
        raise TypeError("this mapping is immutable")

    def load(self, key):
        raise NotImplementedError
""",
    "table": """
def load_table(path):
    rows = []
    with open(path) as file:
        for line in file:
            rows.append(line.split(","))
    return rows
""",
    "settings": """
class Channel:
    @property
    def store_processed(self):
        return self.options.get("store_processed", False)
""",
    "formats": """
class Registry:
    def formats(self):
        for name in self.names:
            yield self.load(name)
""",
}

# (code, symbol or "" for the first, docstring, reason)
WRONG: tuple[tuple[str, str, str, str], ...] = (
    ("delete_user", "", "Send a GET request and tell whether it succeeded.", "ungrounded"),
    ("delete_user", "", "Remove a user through the ``zebras.Time`` interface.", "ungrounded"),
    ("delete_user", "", "Ask `UserManager` to drop an account.", "ungrounded"),
    ("delete_user", "", "Drop an account, waiting up to 90 seconds.", "ungrounded"),
    ("delete_user", "", "Drop an account, see https://example.com/api for details.", "ungrounded"),
    ("delete_user", "", "Drop an account from the DynamoDB table.", "ungrounded"),
    ("delete_user", "", "Drop the account named in account_name.", "ungrounded"),
    ("delete_user", "", "Drop an account and its 'profile.jpg'.", "ungrounded"),
    ("delete_user", "", "Drop an account from Salesforce and tell whether it went.", "ungrounded"),
    ("delete_user", "", "Drop an account over the LDAP connection.", "ungrounded"),
    ("delete_user", "", "Add an account to the server.", "contradicts-code"),
    ("delete_user", "", "Return a list of accounts that are gone.", "contradicts-code"),
    ("delete_user", "", "Delete user.", "restates-name"),
    ("delete_user", "", "Deletes the given user.", "restates-name"),
    ("delete_user", "", "Drop the account; the `force` parameter skips the question.", "signature-mismatch"),
    (
        "delete_user",
        "",
        "Drop an account.\n\nArgs:\n    session: Where.\n    base: Which.\n    name: Who.",
        "signature-mismatch",
    ),
    ("delete_user", "", "Drop an account.\n\nArgs:\n    session: Where to ask.", "signature-mismatch"),
    ("delete_user", "", "Drop an account.\n\nRaises:\n    KeyError: If there is none.", "raises-mismatch"),
    ("request", "", "Send a GET request with the merged headers.", "ungrounded"),
    ("request", "", "Send a POST request to a path.", "ungrounded"),
    ("median", "", "Return the middle value by means of numpy.median.", "ungrounded"),
    ("median", "", "This function returns the middle of all values.", "degenerate"),
    ("median", "", "Return the middle of the the values.", "degenerate"),
    ("median", "", "TODO: describe what happens to the values.", "degenerate"),
    ("median", "", "Here is the docstring you asked for.", "degenerate"),
    ("median", "", "Docstring for the middle of values.", "degenerate"),
    ("median", "", "Return the middle value.\n\n>>> median([1, 2])\n1.5", "degenerate"),
    ("median", "", "Return the middle value <|endoftext|> of some.", "degenerate"),
    ("median", "", "```Return the middle value```", "degenerate"),
    ("median", "", "!!! ... ??? --- $$$ ;;; value", "degenerate"),
    ("median", "", "Values.", "degenerate"),
    ("median", "", "Return the sorted values, the sorted values, the sorted values.", "degenerate"),
    ("median", "", "Return the value in the", "degenerate"),
    ("median", "", "def median(values): return the middle one.", "degenerate"),
    ("median", "", "Return the \u202emiddle value of an ordered sequence.", "unsafe-text"),
    ("median", "", "Return the mid\u200bdle value of an ordered sequence.", "unsafe-text"),
    ("median", "", "Return the middle \x1b[31mvalue of a sequence.", "unsafe-text"),
    ("encode_row", "", "Decode a row from bytes.", "contradicts-code"),
    (
        "encode_row",
        "",
        "Turn a row into JSON bytes.\n\nRaises:\n    TypeError: If it is none.",
        "raises-mismatch",
    ),
    ("encode_row", "", "Turn a row into JSON bytes.\n\nYields:\n    Pieces of it.", "returns-mismatch"),
    ("encode_row", "", "Yield the lines of a row as JSON.", "returns-mismatch"),
    ("close", "Channel.close", "Return the closed socket.", "returns-mismatch"),
    ("close", "Channel.close", "Open the socket and its listeners.", "contradicts-code"),
    ("close", "Channel.close", "Stop all listeners.\n\nReturns:\n    Whether it worked.", "returns-mismatch"),
    ("close", "Channel.close", "Return True if the socket was shut.", "returns-mismatch"),
    ("is_open", "Channel.is_open", "Return True if the channel is closed.", "contradicts-code"),
    ("is_open", "Channel.is_open", "Check whether the channel is not open.", "contradicts-code"),
    ("is_open", "Channel.is_open", "Return a list of channels in use.", "contradicts-code"),
    ("active", "Account.active", "Set when the account expires.", "contradicts-code"),
    ("active", "Account.active", "Return a string that tells when it expires.", "contradicts-code"),
    ("walk", "", "Return the paths of Ruby sources below a folder.", "ungrounded"),
    ("walk", "", "Yield the paths of all .rb files below a folder.", "ungrounded"),
    ("group", "", "Return a list of rows that share a value.", "contradicts-code"),
    ("group", "", "Return True if rows share a value.", "contradicts-code"),
    ("group", "", "A class for rows that share a value.", "contradicts-code"),
    ("names", "", "Return a dictionary of what the table shows.", "contradicts-code"),
    ("names", "", "Return the number of visible fields in the table.", "contradicts-code"),
    ("names", "", "Check if the table has visible fields.", "contradicts-code"),
    ("names", "", "Raise an error if the table is empty.", "contradicts-code"),
    ("largest", "", "Return the minimum length of some text.", "contradicts-code"),
    ("first", "", "Return the last line that fits, with its number.", "contradicts-code"),
    ("remove", "Registry.remove_handler", "Register something under its name.", "contradicts-code"),
    (
        "remove",
        "Registry.remove_handler",
        "Forget what is given in the 'handler' argument.",
        "signature-mismatch",
    ),
    ("stack", "Stack", "Returns a sequence with two more verbs.", "contradicts-code"),
    ("stack", "Stack.push", "Remove the topmost entry.", "contradicts-code"),
    ("read_config", "", "Write one section of a TOML file.", "contradicts-code"),
    ("read_config", "", "Return a string with one section of a file.", "contradicts-code"),
    ("read_config", "", "Recursively look a section up in a file.", "contradicts-code"),
    ("log", "", "Return the error of a failed job.", "returns-mismatch"),
    ("log", "", "Send the error of a failed job to Sentry for inspection.", "ungrounded"),
    ("fetch", "Client.fetch_page", "Fetch a text with requests.get and tell its size.", "ungrounded"),
    ("token", "", "Return a token that expires after 3600 seconds.", "ungrounded"),
    ("now", "", "Return how long the given timer has run.", "signature-mismatch"),
    ("to_html", "", "Decorator that wraps words in a tag.", "contradicts-code"),
    ("to_html", "", "Escape words.\n\n    Indented more than the rest\n  than it should be", "convention"),
    ("count", "", "Return the number of distinct words in a string.", "contradicts-code"),
    ("parse_bool", "", "Return a string for a truth value.", "contradicts-code"),
    ("to_html", "", "wrap words in a tag", "convention"),
    ("directive", "Directive.run", "HTML nodes for every line of the content.", "degenerate ungrounded"),
    ("directive", "Directive.run", "The nodes of a state after parsing.", "degenerate"),
    ("click", "Tree.on_double", "Double-click event.", "degenerate"),
    ("click", "Tree.on_double", "Event that makes an item larger.", "degenerate"),
    ("click", "Tree.begin_drag", "End the movement at the event.", "contradicts-code"),
    ("click", "Tree.enter_item", "Leave the highlighted one.", "contradicts-code"),
    ("click", "Tree.visit_title", "Depart from a node with text.", "contradicts-code"),
    ("directive", "Directive", "Initialize the content and its offset.", "contradicts-code"),
    ("directive", "Directive", "Parse the content line by line.", "contradicts-code"),
    ("close", "Channel", "Check the socket for listeners.", "contradicts-code"),
    ("refuse", "Frozen.update_all", "Add all items to the mapping.", "contradicts-code"),
    ("table", "", "Load rows from a file as a string.", "contradicts-code"),
    ("table", "", "Build a dictionary of lines from a file.", "contradicts-code"),
    ("settings", "Channel.store_processed", "Store processed messages in the channel.", "contradicts-code"),
    ("formats", "Registry.formats", "Return a list of names.", "contradicts-code"),
    ("close", "Channel.close", "Cancel the listeners and optionally close the socket.", "contradicts-code"),
    ("close", "Channel.close", "Cancel all listeners and close the socket if necessary.", "contradicts-code"),
    ("close", "Channel.close", "Cancel the listeners of the socket if known.", "contradicts-code"),
)

TRUE: tuple[tuple[str, str, str], ...] = (
    ("delete_user", "", "Delete a user from the server and tell whether that worked."),
    ("delete_user", "", "Ask the server to drop an account; true if it answers 204."),
    (
        "delete_user",
        "",
        (
            "Drop an account.\n\nArgs:\n    session: Where to ask.\n"
            "    base: The server's address.\n    user_id: Whom to drop.\n\nReturns:\n"
            "    Whether the server agreed."
        ),
    ),
    ("request", "", "Send a DELETE request with the client's own headers."),
    ("request", "", "Send a request with default headers merged in."),
    ("median", "", "Return the middle value, or the mean of the two in the middle."),
    ("median", "", "Return the value that splits ``values`` into halves."),
    ("encode_row", "", "Serialize a row as JSON in UTF-8."),
    (
        "encode_row",
        "",
        (
            "Dump a row as JSON bytes.\n\nArgs:\n    row: What to dump.\n"
            "    indent: Spaces for each level.\n\nReturns:\n    The bytes.\n\nRaises:\n"
            "    ValueError: If there is no row."
        ),
    ),
    ("close", "Channel.close", "Cancel all listeners, then shut the socket."),
    ("close", "Channel.close", "Stop listening and mark the channel as closed."),
    ("close", "Channel", "A socket with its listeners."),
    ("is_open", "Channel.is_open", "Return True if the channel has not been closed yet."),
    ("is_open", "Channel.is_open", "Check whether the channel can still be used."),
    ("active", "Account.active", "Whether the account has not expired yet."),
    ("active", "Account.active", "True if the expiry date lies ahead."),
    ("balance", "Account", "An account and the entries made on it."),
    ("walk", "", "Yield the path of every Python file below a folder."),
    ("walk", "", "Yield all ``.py`` files under `root` except in folders to `ignore`."),
    ("walk", "", "Recursively find Python sources, leaving out ignored folders."),
    ("group", "", "Return a dictionary of lists of rows with the same value."),
    ("group", "", "Collect rows by the value that they have under ``key``."),
    ("names", "", "Return a list of the names of columns that are not hidden."),
    ("names", "", "List what the visible columns are called."),
    ("retry", "", "Decorator that calls a function again when it fails with OSError."),
    ("retry", "", "Call a function up to `times` times, sleeping in between."),
    ("largest", "", "Return the length of the longest line."),
    ("largest", "", "Return the maximum length of lines, 80 by default."),
    ("first", "", "Return the first line that matches, with its number."),
    ("first", "", "Find a line that matches `pattern`; None if there is none."),
    ("remove", "Registry.remove_handler", "Forget a handler and stop it."),
    ("remove", "Registry.remove_handler", "Unregister a handler by name, if there is one."),
    ("stack", "Stack", "A list used from its end."),
    ("stack", "Stack.push", "Put an item on top."),
    ("stack", "Stack.peek", "Return the topmost item without taking it."),
    ("read_config", "", "Read one section of a TOML file."),
    ("read_config", "", "Return a dictionary with one section of a configuration file."),
    ("log", "", "Log why a job failed and count the failure."),
    ("fetch", "Client.fetch_page", "Download the text behind a URL."),
    ("token", "", "Return a random string that is safe in URLs."),
    ("now", "", "Return the seconds since the start."),
    ("to_html", "", "Wrap escaped text in an HTML element."),
    ("count", "", "Return how often each word occurs."),
    ("check", "", "Raise ValueError unless a number is greater than zero."),
    ("check", "", "Return the number if it is above zero."),
    ("parse_bool", "", "Turn yes or no, on or off, into a truth value."),
    ("directive", "Directive.run", "Run the parser over the content, line by line."),
    ("directive", "Directive", "Parse tree nodes from the content of a block."),
    ("click", "Tree.on_double", "Expand the item under the pointer."),
    ("click", "Tree.begin_drag", "Start dragging: remember where the event happened."),
    ("click", "Tree.enter_item", "Make an item the current one and highlight it."),
    ("click", "Tree.visit_title", "Visit a node and keep its text."),
    ("refuse", "Frozen.update_all", "Refuse to change: the mapping is immutable."),
    ("refuse", "Frozen.load", "Return what is kept under a key."),
    ("table", "", "Load rows from a file as a list of cells."),
    ("table", "", "Split a file, given as a string, into cells."),
    ("parse_bool", "", "Parse a flag such as \"yes\" or 'off'."),
)
