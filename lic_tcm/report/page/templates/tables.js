// Tables of the page that are sorted and filtered, and the table of images.

// ---- tables -------------------------------------------------------------------------------------------------------

// Calls sort(column, direction) when a head is pressed; a second press turns the direction round.
function setUpHeads(table, sort) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    sort(column, direction);
  }));
}

// Empty values come last in either direction.
function compare(a, b, direction) {
  if (a === b) return 0;
  if (a === "" || a === null) return 1;
  if (b === "" || b === null) return -1;
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return direction * order;
}

function sortKey(cell) {
  const key = cell.dataset.sort;
  return key === undefined ? cell.textContent.trim() : key === "" ? "" : Number(key);
}

function setUpTable(block) {
  const table = block.querySelector("table");
  const body = table.tBodies[0];
  const selects = [...block.querySelectorAll("select")];
  const find = block.querySelector(".find");
  const heads = [...table.tHead.rows[0].cells];

  setUpHeads(table, (column, direction) => {
    const rows = [...body.rows].map((row) => ({ row, key: sortKey(row.cells[column]) }));
    rows.sort((a, b) => compare(a.key, b.key, direction));
    body.append(...rows.map((item) => item.row));
  });
  const filter = () => {
    const text = find ? find.value.trim().toLowerCase() : "";
    for (const row of body.rows) {
      const fits = (select) => select.value === "" || row.cells[select.dataset.column].textContent.trim() === select.value;
      row.hidden = !selects.every(fits) || !row.textContent.toLowerCase().includes(text);
    }
    // A column that has one value in all lines shown is said by its select, or by the caption.
    heads.filter((head) => "filter" in head.dataset).forEach((head) => {
      const select = selects.find((one) => Number(one.dataset.column) === head.cellIndex);
      const hidden = select ? select.value !== "" : true;
      [...table.rows].forEach((row) => { row.cells[head.cellIndex].hidden = hidden; });
    });
    const refs = new Set([...body.querySelectorAll("tr:not([hidden]) a.ref")].map((ref) => ref.hash.slice(1)));
    block.querySelectorAll(".footnotes li").forEach((note) => { note.hidden = !refs.has(note.id); });
  };
  selects.forEach((select) => select.addEventListener("change", filter));
  if (find) find.addEventListener("input", filter);
  filter();
}

// ---- the table of images ------------------------------------------------------------------------------------------

const PAGE = 50;
// How each column of the table is read from a row, and its decimals.
const imageColumns = (metrics) => [
  { from: "method", names: "methods" },
  { from: "image", names: "images" },
  { from: "point" },
  { from: "num_bytes", decimals: 0 },
  { from: "bpp", decimals: 4 },
  ...metrics.map((name) => ({ from: METRICS[name].column, decimals: METRICS[name].value_decimals })),
  { from: "encode_s", decimals: 3 },
  { from: "decode_s", decimals: 3 },
  { from: "dataset", names: "datasets" },
  { from: "environment", names: "environments" },
];

function fillSelect(select, names) {
  select.append(new Option("all", ""), ...names.map((name, i) => new Option(name, String(i))));
}

function thumbnailOf(source, name) {
  const picture = document.createElement("img");
  Object.assign(picture, { src: source, alt: `${name}, the original`, loading: "lazy", className: "thumbnail", width: 64, height: 48 });
  return picture;
}

// Calls show(row) when a number of a row is clicked.
function setUpImages(data, show) {
  const table = document.getElementById("image-table");
  const pages = document.getElementById("image-pages");
  const tools = document.getElementById("image-tools");
  const [dataset, method] = tools.querySelectorAll("select");
  const find = tools.querySelector("input");
  const columns = imageColumns(data.metrics);
  let rows = data.rows;
  let page = 0;

  const value = (row, column) => (column.names ? data[column.names][row[column.from]] : row[column.from]);
  const makeCell = (row, column, first) => {
    const cell = document.createElement(first ? "th" : "td");
    if (first) cell.scope = "row";
    if (!column.names) cell.className = "number";
    const content = value(row, column);
    cell.textContent = column.decimals === undefined ? content : fixed(content, column.decimals);
    const thumbnail = column.names === "images" && data.thumbnails[`${data.dataset_keys[row.dataset]}/${content}`];
    if (thumbnail) cell.prepend(thumbnailOf(thumbnail, content));
    return cell;
  };
  const draw = () => {
    const lines = rows.slice(page * PAGE, (page + 1) * PAGE).map((row) => {
      const line = document.createElement("tr");
      line.append(...columns.map((column, i) => makeCell(row, column, i === 0)));
      return line;
    });
    table.tBodies[0].replaceChildren(...lines);
    addTraceButtons(lines);
    const last = Math.min((page + 1) * PAGE, rows.length);
    pages.querySelector("span").textContent = rows.length ? `rows ${page * PAGE + 1} to ${last} of ${rows.length}` : "no such rows";
    const [previous, next] = pages.querySelectorAll("button");
    previous.disabled = page === 0;
    next.disabled = last >= rows.length;
  };
  const filter = () => {
    const text = find.value.trim().toLowerCase();
    rows = data.rows.filter((row) =>
      (dataset.value === "" || row.dataset === Number(dataset.value)) &&
      (method.value === "" || row.method === Number(method.value)) &&
      data.images[row.image].toLowerCase().includes(text));
    page = 0;
    draw();
  };

  fillSelect(dataset, data.datasets);
  fillSelect(method, data.methods);
  document.getElementById("image-names").append(...data.images.map((name) => new Option(name, name)));
  [dataset, method].forEach((select) => select.addEventListener("change", filter));
  find.addEventListener("input", filter);
  pages.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => {
    page += Number(button.dataset.step);
    draw();
  }));
  makeTraceable(table.tBodies[0], (line) => rows[page * PAGE + line.sectionRowIndex], show);
  setUpHeads(table, (column, direction) => {
    const key = (row) => {
      const found = value(row, columns[column]);
      const numeric = !columns[column].names && found !== null && found !== "" && !Number.isNaN(Number(found));
      return numeric ? Number(found) : found;
    };
    data.rows.sort((a, b) => compare(key(a), key(b), direction));
    filter();
  });
  draw();
}
