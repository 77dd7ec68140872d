// Where a number comes from: a dialog filled from the rows behind it. A click on a number opens it; for the keyboard
// one number of each row is a button.

const UNKNOWN = "not recorded: the coding record is gone";

function element(tag, text, children = []) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

const unique = (values) => [...new Set(values)];
const plainValue = (value) =>
  value === null || value === "" || JSON.stringify(value) === "{}" ? "none"
    : typeof value === "object" ? Object.entries(value).map(([key, item]) => `${key} ${plainValue(item)}`).join(", ")
      : String(value);

// A path of the layout with its wildcards filled in.
const filled = (path, names) => path.replace(/\{(\w+)\}/g, (_, name) => names[name]);

// The files of a row, as the workflow names them.
function rowFiles(trace, data, row) {
  const [dataset, image] = [data.dataset_keys[row.dataset], data.images[row.image]];
  const stem = filled(trace.files.image, { dataset, method: data.series[row.method], point: row.point, image });
  const [path, hash] = data.originals[dataset]?.[image] || [null, null];
  const files = [[`${stem}.bin`, row.sha256_stream, "stream"]];
  if (row.sha256_decoded) files.push([`${stem}.png`, row.sha256_decoded, "decoded, hash of the RGB pixels"]);
  if (row.command !== null) files.push([`${stem}.json`, null, "coding record"]);
  if (path) files.push([path, hash, "original, hash of the RGB pixels"]);
  return files;
}

function fileLine([path, hash, what]) {
  const parts = [element("code", path), document.createTextNode(` (${what})`)];
  if (hash) parts.push(element("br"), document.createTextNode("SHA-256 "), element("code", hash));
  return element("li", "", parts);
}

// Sections of the dialog: [title, text, list of texts, or element].
function methodSections(trace, series) {
  const method = trace.methods[series];
  if (!method) return [];
  return [["Method", `${method.label}: codec ${method.codec}, options ${method.options}`], ["Codec version", method.version || "not recorded"]];
}

function rowsSections(trace, data, rows) {
  if (!rows.length) return [];
  const commands = unique(rows.map((row) => row.command)).map((i) => (i === null ? UNKNOWN : data.commands[i]));
  const machines = unique(rows.map((row) => data.environments[row.environment]));
  const described = machines.map((id) => {
    const { packages, commit, ...machine } = trace.environments[id] || {};
    return [
      ["Machine", `${id}: ${trace.environments[id] ? plainValue(machine) : "not recorded"}`],
      ["Tool versions", packages ? plainValue(packages) : "not recorded"],
      ["Commit", commit || "not recorded: the code was not a checkout"],
    ];
  });
  const lines = rows.flatMap((row) => rowFiles(trace, data, row)).map(fileLine);
  const list = element("ul", "", lines);
  const files = rows.length === 1 ? list : element("details", "", [element("summary", `${rows.length} streams with what belongs to them`), list]);
  return [commandSection(commands), ...described.flat(), ["Files", files]];
}

function commandSection(commands) {
  if (commands.length <= 2) return [commands.length > 1 ? "Commands" : "Command", commands];
  const list = element("ul", "", commands.map((command) => element("li", "", [element("code", command)])));
  return ["Commands", element("details", "", [element("summary", `${commands.length} commands, such as ${commands[0]}`), list])];
}

function publishedSections(trace, dataset, series) {
  const path = trace.published[`${dataset}/${series}`];
  return path ? [["Published points", [path]]] : [];
}

function tablesSections(trace, names) {
  return [["Tables", names.map((name) => `${trace.tables}/${name}`)], ["Made by", `${trace.command || "not recorded"}, commit ${trace.commit || "not recorded"}`]];
}

const rowsFile = (trace, dataset, method) => ["Rows", [filled(trace.files.rows, { dataset, method })]];

function ofImageRow(trace, data, row) {
  const series = data.series[row.method];
  const dataset = data.dataset_keys[row.dataset];
  const numbers = [`${row.num_bytes} bytes`, `${fixed(row.bpp, 4)} bpp`, ...scoreTexts(row, data.metrics)].join(", ");
  return [
    ["Number", `${data.methods[row.method]}, point ${row.point}, ${data.images[row.image]}: ${numbers}`],
    ...methodSections(trace, series), ...rowsSections(trace, data, [row]), rowsFile(trace, dataset, series),
  ];
}

// One series of a table or a plot: its rows when it was measured, its file when it was published.
function ofSeries(trace, data, dataset, series, point = null) {
  const wanted = (row) => data.dataset_keys[row.dataset] === dataset && data.series[row.method] === series
    && (point === null || row.point === point);
  const rows = data ? data.all.filter(wanted) : [];
  const made = rows.length ? [...methodSections(trace, series), ...rowsSections(trace, data, rows), rowsFile(trace, dataset, series)] : [];
  return [...made, ...publishedSections(trace, dataset, series)];
}

function ofPoint(trace, data, dataset, curve, point, metric) {
  const number = `${curve.label} (${curve.kind}), point ${point.name || "not stated"}: ${fixed(point.bpp, 4)} bpp, ${axisText(metric, point.value)}, mean of ${curve.images || "images not stated"}`;
  const behind = curve.kind === "measured" || curve.kind === "given" ? ofSeries(trace, data, dataset, curve.series, point.name) : publishedSections(trace, dataset, curve.series);
  return [["Number", number], ["Source", curve.source || "not stated"], ...behind, ...tablesSections(trace, ["rd_points.csv"])];
}

const TABLE_FILES = { "bd-": ["bd_rate.csv", "rd_points.csv"], "points-": ["point_differences.csv", "rd_points.csv"], "losses-": ["loss_differences.csv"], table1: ["table1.csv", "networks.csv"], table2: ["table2.csv"], sensitivity: ["sensitivity.csv"] };

// What stands in a cell; of marks, the footnotes they mean.
function saidIn(cell) {
  const notes = [...cell.querySelectorAll("a.ref")].map((ref) => document.getElementById(ref.hash.slice(1)).textContent);
  return notes.join("; ") || cell.textContent.trim();
}

// A row of a static table says by its data-* attributes which series it compares.
function ofTableRow(trace, data, block, row, cell) {
  const heads = [...block.querySelectorAll("thead th")].map((head) => head.textContent.trim());
  const files = Object.entries(TABLE_FILES).find(([start]) => block.id.startsWith(start))[1];
  const { dataset, series, anchor } = row.dataset;
  const number = `${heads[cell.cellIndex]}: ${cell.textContent.trim()}`;
  const line = heads.map((head, i) => `${head}: ${saidIn(row.cells[i])}`).filter((text) => !text.endsWith(": "));
  const sides = unique([series || "", anchor || ""]).map((side) => [side, ofSeries(trace, data, dataset, side)]);
  return [
    ["Number", number], ["Its row", line.join("; ")],
    ...sides.flatMap(([side, found]) => (found.length ? [["", element("h3", trace.methods[side]?.label || side)], ...found] : [])),
    ...tablesSections(trace, files),
  ];
}

function setUpProvenance() {
  const dialog = document.getElementById("provenance");
  const body = document.getElementById("provenance-body");
  const status = dialog.querySelector("[role=status]");
  document.getElementById("provenance-close").addEventListener("click", () => dialog.close());
  document.getElementById("provenance-copy").addEventListener("click", () => {
    navigator.clipboard.writeText(body.innerText).then(() => { status.textContent = "copied"; }, () => { status.textContent = "the browser refused"; });
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  return (sections) => {
    const parts = sections.flatMap(([title, content]) => {
      if (content instanceof Element) return title ? [element("dt", title), element("dd", "", [content])] : [content];
      if (Array.isArray(content)) return [element("dt", title), ...content.map((text) => element("dd", "", [element("code", text)]))];
      return [element("dt", title), element("dd", content)];
    });
    body.replaceChildren(element("div", "", parts));
    groupLists(body.firstChild);
    status.textContent = "";
    dialog.showModal();
    dialog.scrollTop = 0;
  };
}

// Headings may not stand inside a <dl>: what lies between them becomes a list each.
function groupLists(container) {
  let list = null;
  for (const child of [...container.children]) {
    if (child.tagName === "H3") { list = null; continue; }
    if (!list) { list = document.createElement("dl"); child.before(list); }
    list.append(child);
  }
}

// Numbers of a table open the dialog by mouse; by keyboard the first number of each row does.
function makeTraceable(body, describe, show) {
  body.classList.add("traceable");
  body.addEventListener("click", (event) => {
    const cell = event.target.closest("td.number");
    if (cell?.textContent.trim()) show(describe(cell.parentElement, cell));
  });
}

function addTraceButtons(rows) {
  for (const row of rows) {
    const cell = [...row.querySelectorAll("td.number")].find((one) => /\d/.test(one.textContent));
    if (cell) addTraceButton(cell);
  }
}

function addTraceButton(cell) {
  const button = element("button", cell.textContent.trim());
  Object.assign(button, { type: "button", className: "trace", title: "Where this number comes from" });
  cell.replaceChildren(button);
}
