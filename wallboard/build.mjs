// Builds the wallboard into the Python package.
//
//   node build.mjs           write the bundle
//   node build.mjs --check   fail if the committed bundle is not the build of these sources
//   node build.mjs --test    run the tests of the pure parts
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUNDLE = join(HERE, "..", "src", "callboard", "wallboard", "bundle");

const common = { bundle: true, absWorkingDir: HERE, jsx: "automatic", jsxImportSource: "preact", logLevel: "warning" };

/** Every file the bundle depends on, below this folder, in order. */
function sources() {
  const inside = readdirSync(join(HERE, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(HERE, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  return ["build.mjs", "package-lock.json", "package.json", "tsconfig.json", ...inside].sort();
}

/** One digest over the names and contents of the sources. */
function fingerprint() {
  const digest = createHash("sha256");
  for (const name of sources()) {
    const content = readFileSync(join(HERE, name));
    digest.update(`${name}\n${content.length}\n`).update(content);
  }
  return digest.digest("hex");
}

/** The bundle's files: name -> content. Names of scripts and styles carry a hash, so that they may be cached for ever. */
async function bundle() {
  const result = await build({
    ...common,
    entryPoints: { board: "src/main.tsx", style: "src/style.css" },
    entryNames: "[name]-[hash]",
    outdir: "out",
    write: false,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox121", "safari17.5"],
    legalComments: "none",
    metafile: true,
  });
  const files = new Map(result.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]));
  const named = (start, end) => [...files.keys()].find((name) => name.startsWith(start) && name.endsWith(end));
  const page = readFileSync(join(HERE, "src", "index.html"), "utf8")
    .replace("{script}", named("board-", ".js"))
    .replace("{style}", named("style-", ".css"));
  files.set("index.html", Buffer.from(page));
  files.set("icon.svg", readFileSync(join(HERE, "src", "icon.svg")));
  files.set("licences.txt", licences(result.metafile));
  files.set("sources.sha256", Buffer.from(`${fingerprint()}\n`));
  return files;
}

/** The licences of the packages that are in the bundle. */
function licences(metafile) {
  const names = new Set(
    Object.keys(metafile.inputs)
      .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
      .filter((name) => name !== undefined),
  );
  const texts = [...names].sort().map((name) => {
    const folder = join(HERE, "node_modules", name);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return Buffer.from(texts.join(`\n${"-".repeat(79)}\n\n`));
}

function write(files) {
  rmSync(BUNDLE, { recursive: true, force: true });
  mkdirSync(BUNDLE, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(BUNDLE, name), content);
}

function check(files) {
  const have = existsSync(BUNDLE) ? readdirSync(BUNDLE) : [];
  const wrong = [...files]
    .filter(([name, content]) => !have.includes(name) || !readFileSync(join(BUNDLE, name)).equals(content))
    .map(([name]) => name);
  const needless = have.filter((name) => !files.has(name));
  if (wrong.length + needless.length === 0) return;
  console.error(
    `The bundle is not the build of its sources (${[...wrong, ...needless].join(", ")}): run 'make wallboard'.`,
  );
  process.exitCode = 1;
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "wallboard-"));
  try {
    const names = readdirSync(join(HERE, "tests")).filter((name) => name.endsWith(".test.ts"));
    await build({
      ...common,
      entryPoints: names.map((name) => `tests/${name}`),
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      platform: "node",
      format: "esm",
    });
    const files = names.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
    const stream = run({ files }).on("test:fail", () => (process.exitCode = 1));
    for await (const chunk of stream.compose(new spec())) process.stdout.write(chunk);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--test")) await test();
else if (process.argv.includes("--check")) check(await bundle());
else write(await bundle());
