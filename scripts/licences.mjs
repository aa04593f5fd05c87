// Checks that the licence of every crate of the lock file is on the list in deny.toml.
// cargo-deny does more, but would have to be built first, by everyone.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const deny = readFileSync("deny.toml", "utf8").replace(/^\s*#.*$/gm, "");
const allowed = new Set(deny.match(/^allow = \[([^\]]*)\]/m)[1].match(/[^"\s,]+/g));
const clarified = new Map(
  [...deny.matchAll(/^crate = "(.+)"\nexpression = "(.+)"/gm)].map(([, crate, expression]) => [crate, expression]),
);

// An SPDX expression holds when its ORs, ANDs and parentheses do; AND binds closer than OR.
// Older manifests write "/" for OR. "X WITH exception" only grants more than X.
function holds(expression) {
  const tokens = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g);
  const either = () => {
    let value = both();
    while (tokens[0] === "OR") value = (tokens.shift(), both()) || value;
    return value;
  };
  const both = () => {
    let value = one();
    while (tokens[0] === "AND") value = (tokens.shift(), one()) && value;
    return value;
  };
  const one = () => {
    const token = tokens.shift();
    if (token === "(") {
      const value = either();
      tokens.shift();
      return value;
    }
    if (tokens[0] === "WITH") tokens.splice(0, 2);
    return allowed.has(token);
  };
  return either();
}

const host = execFileSync("rustc", ["-vV"], { encoding: "utf8" }).match(/host: (.+)/)[1];
const filters = [host, "wasm32-unknown-unknown"].flatMap((target) => ["--filter-platform", target]);
const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--format-version", "1", "--locked", "--all-features", ...filters], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  }),
);
const refused = metadata.packages
  .map(({ name, version, license }) => ({ name, version, licence: clarified.get(name) ?? license ?? "" }))
  .filter(({ licence }) => licence === "" || !holds(licence));
for (const { name, version, licence } of refused) {
  console.error(`${name} ${version}: ${licence || "no licence given"}`);
}
console.log(`${metadata.packages.length} crates looked at, ${refused.length} refused.`);
process.exit(refused.length === 0 ? 0 : 1);
