// Tells of each test of node's own runner on a line: its file, name, and why it failed.
export default async function* reporter(source) {
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = data.details?.error;
    const told = error?.cause?.message ?? error?.cause ?? error?.message ?? "failed";
    const skipped = data.skip !== undefined || data.todo !== undefined;
    yield JSON.stringify({
      file: data.file ?? "",
      title: data.name,
      error: type === "test:fail" ? String(told).slice(0, 1500) || "failed" : skipped ? "skipped" : "",
    }) + "\n";
  }
}
