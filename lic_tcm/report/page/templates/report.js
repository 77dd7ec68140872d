"use strict";
// RD plots, and what all scripts of the page share. No library but Plotly.

const readJson = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};
const cssValue = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const press = (button, on) => button.setAttribute("aria-pressed", String(on));
const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
const fixed = (value, decimals) => (value === null ? "" : value === "Infinity" ? "∞" : value.toFixed(decimals).replace("-", "−"));

// ---- RD plots -----------------------------------------------------------------------------------------------------

const METRICS = readJson("metric-data"); // how each metric is named and written
const RATE_TICKS = [0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24];
const escapeHtml = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

const axisText = (metric, value) => `${METRICS[metric].name} ${fixed(value, METRICS[metric].decimals)}${METRICS[metric].unit}`;
// What a row's image was measured to be, in some metrics.
const scoreTexts = (row, metrics) => metrics.map((name) => {
  const metric = METRICS[name];
  const value = row[metric.column];
  return `${metric.label} ${value === null ? "none" : fixed(value, metric.value_decimals) + metric.value_unit}`;
});

// An interval of a point, "" when it has none.
function between(point, low, high, decimals) {
  return point[low] === null || point[high] === null ? "" : `${fixed(point[low], decimals)} to ${fixed(point[high], decimals)}`;
}

// The rate that a network's likelihoods give, and by how much the streams exceed it; "" for codecs that estimate none.
function estimateText(point) {
  return point.bpp_estimated === null ? "" : `${fixed(point.bpp_estimated, 4)} bpp (stream ${point.rate_gap < 0 ? "" : "+"}${fixed(point.rate_gap, 2)} %)`;
}

// All there is to say of a point: who, then what.
function pointTexts(curve, point, metric) {
  const ends = (low, high, decimals) => (point[low] === null ? "" : ` (95 % interval ${between(point, low, high, decimals)})`);
  const lines = [
    `${curve.kind}${curve.images ? ", " + curve.images : ""}`,
    point.name === "" ? "" : `point ${point.name}`,
    `${fixed(point.bpp, 4)} bpp${ends("bpp_lo", "bpp_hi", 4)}`,
    axisText(metric, point.value) + ends("value_lo", "value_hi", METRICS[metric].decimals),
    point.bpp_estimated === null ? "" : `estimated ${estimateText(point)}`,
  ];
  return [curve.label, lines.filter(Boolean).join(", ")];
}

// What a plot shows at the pointer stands below it: a label on it would hide the neighbours.
function readOut(place, [name, text]) {
  const strong = document.createElement("strong");
  strong.textContent = name;
  place.replaceChildren(strong, `: ${text}`);
}

function errorBars(points, middle, low, high, colour) {
  if (!points.some((p) => p[low] !== null && p[high] !== null)) return undefined;
  const reach = (end) => points.map((p) => (p[end] === null ? 0 : Math.abs(p[end] - p[middle])));
  return { type: "data", symmetric: false, array: reach(high), arrayminus: reach(low), color: colour + "80", thickness: 1, width: 0 };
}

function trace(curve) {
  const colour = cssValue(`--c${curve.colour}`);
  const column = (i) => curve.points.map((p) => p[i]);
  const measured = curve.kind === "measured";
  return {
    type: "scatter",
    mode: "lines+markers",
    name: escapeHtml(curve.label),
    meta: curve.key,
    x: column("bpp"),
    y: column("value"),
    hoverinfo: "none",
    line: { color: colour, dash: curve.dash, width: measured ? 2.2 : 1.5 },
    marker: { symbol: curve.symbol, size: 7, color: measured ? colour : cssValue("--ground"), line: { color: colour, width: 1.4 } },
    error_x: errorBars(curve.points, "bpp", "bpp_lo", "bpp_hi", colour),
    error_y: errorBars(curve.points, "value", "value_lo", "value_hi", colour),
  };
}

// Plotly's button that uploads the chart is off: nothing leaves this page.
const PLOT_OPTIONS = { displaylogo: false, showSendToCloud: false, plotlyServerURL: "", modeBarButtonsToRemove: ["select2d", "lasso2d"] };

function layout(metric, axis, limit) {
  const spikes = { showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "dot", spikecolor: cssValue("--soft") };
  const lines = { gridcolor: cssValue("--rule"), zeroline: false, linecolor: cssValue("--soft"), automargin: true, ...spikes };
  const linear = limit === null ? { rangemode: "tozero" } : { range: [0, limit] };
  const ticks = axis === "log" ? { tickvals: RATE_TICKS } : linear;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: cssValue("--ink"), family: "system-ui, sans-serif", size: 13 },
    margin: { l: 50, r: 10, t: 30, b: 45 },
    showlegend: false,
    hovermode: "closest",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: cssValue("--soft"), activecolor: cssValue("--link") },
    xaxis: { ...lines, ...ticks, type: axis, title: { text: "Rate [bpp]" } },
    yaxis: { ...lines, title: { text: METRICS[metric].axis } },
    uirevision: `${metric} ${axis}`, // keeps a reader's zoom while methods are switched on and off
  };
}

// Calls show(curve, point, metric) for a point that is clicked, in the plot or in the table under it.
function setUpPlot(block, metrics, show) {
  const series = [...block.querySelectorAll(".series button")];
  const switches = [...block.querySelectorAll(".switch button")];
  const plot = block.querySelector(".plot");
  const points = block.querySelector(".point-table");
  const [readout, bars] = [block.querySelector(".readout"), block.querySelector(".bars")];
  const chosen = (name) => switches.find((b) => name in b.dataset && isPressed(b)).dataset[name];

  const draw = () => {
    const [metric, axis] = [chosen("metric"), chosen("axis")];
    const { curves, limit } = metrics[metric];
    block.querySelectorAll(".note").forEach((note) => { note.hidden = note.dataset.metric !== metric || (note.dataset.axis || axis) !== axis; });
    const present = new Set(curves.map((curve) => curve.key));
    series.forEach((b) => { b.disabled = !present.has(b.dataset.key); });
    const shown = new Set(series.filter(isPressed).map((b) => b.dataset.key));
    const traces = curves.filter((curve) => shown.has(curve.key)).map(trace);
    bars.hidden = !traces.some((one) => one.error_x || one.error_y);
    Plotly.react(plot, traces.reverse(), layout(metric, axis, limit), PLOT_OPTIONS);
    if (points.open) fillPoints(points, curves.filter((curve) => shown.has(curve.key)), metric, show);
  };

  switches.forEach((button) => button.addEventListener("click", () => {
    [...button.parentElement.children].forEach((other) => press(other, other === button));
    draw();
  }));
  series.forEach((button) => button.addEventListener("click", () => { press(button, !isPressed(button)); draw(); }));
  block.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => {
    const wanted = button.dataset.show;
    series.forEach((b) => press(b, wanted === "all" || b.dataset.kind === wanted));
    draw();
  }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  points.addEventListener("toggle", draw);
  draw();
  const found = ({ points: [at] }) => {
    const metric = chosen("metric");
    const curve = metrics[metric].curves.find((one) => one.key === at.data.meta);
    return [curve, curve.points[at.pointNumber], metric];
  };
  plot.on("plotly_hover", (event) => readOut(readout, pointTexts(...found(event))));
  plot.on("plotly_click", (event) => show(...found(event)));
  new ResizeObserver(() => { if (plot.clientWidth) Plotly.Plots.resize(plot); }).observe(plot);
}

// Head and lines of a table, all texts; the new body.
function fillTable(table, head, lines, isNumber) {
  const cell = (tag) => (text, i) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (isNumber(i)) made.className = "number";
    return made;
  };
  const row = (tag, texts) => {
    const made = document.createElement("tr");
    made.append(...texts.map(cell(tag)));
    return made;
  };
  const [thead, tbody] = [document.createElement("thead"), document.createElement("tbody")];
  thead.append(row("th", head));
  tbody.append(...lines.map((texts) => row("td", texts)));
  table.replaceChildren(thead, tbody);
  return tbody;
}

// The points of the curves shown, for those who cannot point at them; each bpp is a button.
function fillPoints(block, curves, metric, show) {
  const lines = curves.flatMap((curve) => curve.points.map((point) => ({ curve, point })));
  const estimated = lines.some(({ point }) => point.bpp_estimated !== null);
  const texts = ({ curve, point }) => [
    curve.label, curve.kind, point.name, fixed(point.bpp, 4), between(point, "bpp_lo", "bpp_hi", 4),
    fixed(point.value, METRICS[metric].decimals), between(point, "value_lo", "value_hi", METRICS[metric].decimals), ...(estimated ? [estimateText(point)] : []), curve.images,
  ];
  const numbers = ["Point", "bpp", "95 % interval", METRICS[metric].axis, "95 % interval", ...(estimated ? ["Estimated rate"] : [])];
  const head = ["Method", "Kind", ...numbers, "Images"];
  const tbody = fillTable(block.querySelector("table"), head, lines.map(texts), (i) => i >= 2);
  [...tbody.rows].forEach((tr, i) => {
    addTraceButton(tr.cells[3]);
    tr.addEventListener("click", (event) => { if (event.target.closest("td.number")) show(lines[i].curve, lines[i].point, metric); });
  });
}
