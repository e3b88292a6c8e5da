// Calls functions as asked and tells what came of it: results, errors, blocks reached, mutants noticed.
// The file around it imports the module as a test would, and hands over what it imported. Every line of the
// report is written before the next call, so that a call which ends the process costs its own answer alone.
async function codebotProbe(names, request, fs, vm, threads) {
  const SECONDS = 2000; // of one call, in milliseconds
  const MUTANT = 2000; // of one call on a mutant
  const ITEMS = 40; // of an iterator
  const LONGEST = 600; // characters of an expectation
  const SHORT = 80;
  const tell = (line) => fs.appendFileSync(request.report, JSON.stringify(line) + "\n");
  const fence = vm.createContext({});
  const script = new vm.Script("call()");
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const watch = new threads.Worker(
    `const { workerData } = require("node:worker_threads");
     let last = -1, still = 0;
     setInterval(() => {
       const now = Atomics.load(workerData.beat, 0);
       still = now === last ? still + 1 : 0;
       last = now;
       if (still > 20) process.kill(workerData.pid, "SIGKILL");
     }, 500);`,
    { eval: true, workerData: { beat, pid: process.pid } },
  );
  watch.unref();
  const exit = () => {
    throw new Leaving("ends the process");
  };
  process.exit = exit;
  process.abort = exit;
  process.on("unhandledRejection", () => {});
  process.on("uncaughtException", () => {});
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir"]) console[name] = () => {};

  class Leaving extends Error {}
  class Unfit extends Error {}

  const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const plainName = (text) => /^[A-Za-z_$][\w$]*$/.test(text);

  function quoted(text) {
    const json = JSON.stringify(text).replace(
      /[\u007f-\u009f\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]/g,
      (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
    );
    if (request.quote !== "'" || (text.includes("'") && !text.includes('"'))) return json;
    return "'" + json.slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'") + "'";
  }

  // A value as text that makes a strictly equal one again; `deep` breaks long ones into lines.
  function render(value, depth = 0) {
    if (depth > 6) throw new Unfit();
    if (value === null || value === undefined || typeof value === "boolean") return String(value);
    if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "string") return quoted(value);
    if (typeof value !== "object") throw new Unfit();
    const kind = kindOf(value);
    if (Object.getOwnPropertySymbols(value).length > 0 && (kind === "Object" || kind === "Array")) throw new Unfit();
    const proto = Object.getPrototypeOf(value);
    const plain = (name) => proto !== null && proto.constructor?.name === name && kind === name;
    if (plain("Date")) {
      return Number.isNaN(value.getTime()) ? "new Date(NaN)" : `new Date(${quoted(value.toISOString())})`;
    }
    if (plain("RegExp") && value.lastIndex === 0) return String(value);
    if (plain("Map")) {
      const pairs = [...value].map(([k, v]) => `[${render(k, depth + 1)}, ${render(v, depth + 1)}]`);
      return pairs.length ? `new Map(${list("[", pairs, "]")})` : "new Map()";
    }
    if (plain("Set")) {
      const items = [...value].map((each) => render(each, depth + 1));
      return items.length ? `new Set(${list("[", items, "]")})` : "new Set()";
    }
    if (plain("Uint8Array") && value.length <= 32) return `new Uint8Array([${[...value].join(", ")}])`;
    if (Array.isArray(value)) {
      if (proto?.constructor?.name !== "Array" || Object.keys(value).length !== value.length) throw new Unfit();
      return list("[", value.map((each) => render(each, depth + 1)), "]");
    }
    const bare = proto === null;
    if (!bare && !(kind === "Object" && proto.constructor?.name === "Object" && Object.getPrototypeOf(proto) === null)) {
      throw new Unfit();
    }
    const parts = bare ? ["__proto__: null"] : [];
    for (const [name, each] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if (!("value" in each) || !each.enumerable || name === "__proto__") throw new Unfit();
      parts.push(`${plainName(name) ? name : quoted(name)}: ${render(each.value, depth + 1)}`);
    }
    return list("{", parts, "}");
  }

  function list(open, parts, close) {
    const space = open === "{" && parts.length ? " " : "";
    const line = open + space + parts.join(", ") + space + close;
    if (line.length <= 76 && !line.includes("\n")) return line;
    const indented = parts.map((part) => request.indent + part.replace(/\n/g, "\n" + request.indent) + ",\n");
    return `${open}\n${indented.join("")}${close}`;
  }

  function rendered(value) {
    try {
      const text = render(value);
      return text.length <= LONGEST ? text : null;
    } catch {
      return null;
    }
  }

  function state(value) {
    const found = [];
    if (value === null || typeof value !== "object") return found;
    for (const [name, each] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
      if (!("value" in each) || !plainName(name) || name.startsWith("_")) continue;
      const text = rendered(each.value);
      if (text !== null && text.length <= SHORT && !text.includes("\n")) found.push([name, text]);
    }
    return found.slice(0, 5);
  }

  const keys = Object.keys(names);
  const values = Object.values(names);
  const evaluate = (text) => new Function(...keys, `return (${text})`)(...values);

  function timed(call, limit) {
    fence.call = call;
    return script.runInContext(fence, { timeout: limit });
  }

  async function settled(value, limit) {
    if (value === null || typeof value !== "object" || typeof value.then !== "function") return [value, false];
    let timer;
    const late = new Promise((_, no) => {
      timer = setTimeout(() => no(Object.assign(new Error("late"), { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" })), limit);
    });
    try {
      return [await Promise.race([value, late]), true];
    } finally {
      clearTimeout(timer);
    }
  }

  async function collected(value, limit) {
    if (value === null || typeof value !== "object" || typeof value.next !== "function") return [value, ""];
    const items = [];
    if (typeof value[Symbol.asyncIterator] === "function") {
      while (items.length < ITEMS) {
        const [step] = await settled(timed(() => value.next(), limit), limit);
        if (step.done) return [items, "async"];
        items.push(step.value);
      }
      throw new Unfit();
    }
    if (typeof value[Symbol.iterator] !== "function") return [value, ""];
    while (items.length < ITEMS) {
      const step = timed(() => value.next(), limit);
      if (step.done) return [items, "spread"];
      items.push(step.value);
    }
    throw new Unfit();
  }

  // What V8 itself says of values it cannot use: its wording is no behaviour of the code.
  const ENGINE = /^(Cannot (read|set|convert|destructure|access|mix|delete|use|assign)|Invalid (array|string|time|count|date)|Maximum call|Reduce of empty|Class constructor|Private )|is not (a function|iterable|defined|a constructor|an object|extensible|a valid)|must be (a|an|of type) |undefined|Unexpected token|not valid JSON|called on (null|non)/i;

  function failure(error, awaited) {
    if (error?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return { kind: "late" };
    if (error instanceof Unfit || /^codebot: loops/.test(error?.message)) return { kind: "late", detail: "endless" };
    if (error instanceof Leaving) return { kind: "error", detail: error.message };
    if (error === null || typeof error !== "object" || typeof error.message !== "string") {
      return { kind: "error", detail: "throws something that is no error" };
    }
    const name = String(error.name || error.constructor?.name || "Error");
    const own = !["TypeError", "RangeError", "SyntaxError", "ReferenceError"].includes(name);
    if (!own && ENGINE.test(error.message)) return { kind: "error", detail: name };
    return { kind: "raises", name, message: error.message, awaited, class: String(error.constructor?.name ?? "") };
  }

  async function observe(one, call, limit) {
    Atomics.add(beat, 0, 1);
    globalThis.__codebot_ticks = 0;
    let given, receiver;
    try {
      given = timed(() => evaluate(`[${call.arguments.join(", ")}]`), limit);
      receiver = call.receiver ? timed(() => evaluate(call.receiver), limit) : undefined;
    } catch (error) {
      return { kind: "error", detail: String(error?.name ?? "error") };
    }
    const made = call.receiver && typeof receiver === "object";
    const before = given.map((each) => (typeof each === "object" ? rendered(each) : null));
    const was = made ? JSON.stringify(state(receiver)) : "";
    let result, awaited = false, wrap = "";
    try {
      const invoke = call.attribute
        ? () => receiver[call.name]
        : receiver !== undefined
          ? () => receiver[call.name](...given)
          : () => names[call.name](...given);
      result = timed(invoke, limit);
      [result, awaited] = await settled(result, limit);
      [result, wrap] = await collected(result, limit);
    } catch (error) {
      return failure(error, one.awaited || awaited);
    }
    if (result === undefined || (made && result === receiver)) {
      const index = before.findIndex((each, n) => each !== null && rendered(given[n]) !== each);
      if (index >= 0 && rendered(given[index]) !== null) {
        return { kind: "mutates", index, source: rendered(given[index]), awaited };
      }
      const now = made ? state(receiver) : [];
      const changed = now.filter((each) => !was.includes(JSON.stringify(each)));
      if (changed.length) return { kind: "state", attrs: changed, awaited };
      if (result === undefined && one.returns) return { kind: "value", source: "undefined", awaited, wrap };
      return { kind: "none", detail: "returns nothing" };
    }
    const source = rendered(result);
    if (source !== null) return { kind: "value", source, awaited, wrap, primitive: Object(result) !== result };
    if (typeof result !== "object") return { kind: "none", detail: `returns a ${typeof result}` };
    const name = String(result.constructor?.name ?? "");
    const attrs = state(result);
    if (name && attrs.length && !["Object", "Array", "Promise"].includes(name)) return { kind: "attrs", name, attrs, awaited };
    return { kind: "none", detail: "returns what no text makes again" };
  }

  const today = Date;
  const tomorrow = new Proxy(today, {
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [today.now() + 86400000], made),
    apply: () => new today(today.now() + 86400000).toString(),
    get: (target, name) => (name === "now" ? () => today.now() + 86400000 : Reflect.get(target, name)),
  });
  const key = (outcome) => JSON.stringify([outcome.kind, outcome.source, outcome.name, outcome.message, outcome.attrs]);
  const SILENT = ["none", "error", "late", "varies"];

  for (const one of request.functions) {
    const outcomes = [];
    globalThis.__codebot_mutant = 0;
    let late = 0;
    for (const [number, call] of one.calls.entries()) {
      if (one.skip.includes(number) || late > 2) {
        outcomes.push({ kind: "late" });
        continue;
      }
      tell({ at: one.id, call: number });
      globalThis.__codebot_hits = new Set();
      let outcome = await observe(one, call, SECONDS);
      const hits = [...globalThis.__codebot_hits];
      if (!SILENT.includes(outcome.kind)) {
        globalThis.Date = tomorrow;
        const again = await observe(one, call, SECONDS);
        globalThis.Date = today;
        if (key(again) !== key(outcome)) outcome = { kind: "varies", detail: "another result each time" };
      }
      late += outcome.kind === "late";
      outcomes.push(outcome);
      tell({ id: one.id, number, outcome, hits });
    }
    const usable = [...one.calls.keys()].filter((n) => !SILENT.includes(outcomes[n].kind));
    for (const mutant of usable.length ? one.mutants : []) {
      if (one.hung.includes(mutant)) continue;
      tell({ at: one.id, mutant });
      globalThis.__codebot_mutant = mutant;
      let killed = [];
      for (const n of usable) {
        const again = await observe(one, one.calls[n], MUTANT);
        if (again.kind === "late") {
          killed = null; // it hangs: whether a test would notice is not for a test to wait for
          break;
        }
        if (key(again) !== key(outcomes[n])) killed.push(n);
      }
      tell({ id: one.id, mutant, killed });
    }
    globalThis.__codebot_mutant = 0;
    tell({ id: one.id, done: true });
  }
  await watch.terminate();
}
