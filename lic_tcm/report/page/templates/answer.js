// The first plot: BD-rates against any method, sorted, a dot and an interval each, and the same as a table.

const ROW_HEIGHT = 24; // of a method in the plot

// Objects of the lines against an anchor, by BD-rate; those without one last.
function linesAgainst({ sides, pairs }, anchor) {
  const names = ["side", "rate", "low", "high", "text", "interval", "remark"];
  const lines = (pairs[anchor] || []).map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i]])));
  return lines.map((line) => ({ ...line, side: sides[line.side] })).sort((a, b) => compare(a.rate, b.rate, 1));
}

function dotTrace(line, y) {
  const colour = cssValue(`--c${line.side.colour}`);
  const full = line.side.kind === "measured";
  const reach = (end) => (end === null ? 0 : Math.abs(end - line.rate));
  return {
    type: "scatter",
    mode: "markers",
    x: [line.rate],
    y: [y],
    hoverinfo: "none",
    cliponaxis: false, // a dot at 0 is whole
    marker: { size: 9, color: full ? colour : cssValue("--ground"), line: { color: colour, width: 1.6 } },
    error_x: { type: "data", symmetric: false, array: [reach(line.high)], arrayminus: [reach(line.low)], color: colour, thickness: 2, width: 4 },
  };
}

function dotTexts(line) {
  const interval = line.interval ? `95 % interval ${line.interval} %` : "no interval";
  return [line.side.label, [line.side.kind, `BD-rate ${line.text} %`, interval, line.remark].filter(Boolean).join(", ")];
}

function dotsLayout(lines, metric, wide) {
  const axis = { gridcolor: cssValue("--rule"), linecolor: cssValue("--soft"), automargin: true };
  const most = wide ? 34 : 20;
  const short = (text) => escapeHtml(text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const tick = ({ side, remark }) => `${remark ? "≈ " : ""}${side.own ? `<b>${short(side.label)}</b>` : short(side.label)} `;
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: cssValue("--ink"), family: "system-ui, sans-serif", size: wide ? 13 : 11 },
    margin: { l: 10, r: 10, t: 5, b: 40 },
    height: 60 + ROW_HEIGHT * lines.length,
    showlegend: false,
    hovermode: "closest",
    dragmode: false,
    xaxis: { ...axis, title: { text: `BD-rate (${METRICS[metric].label}) [%]` }, zerolinecolor: cssValue("--ink"), zerolinewidth: 1.5, rangemode: "tozero", fixedrange: true },
    yaxis: { ...axis, tickvals: lines.map((_, i) => i), ticktext: lines.map(tick), range: [lines.length - 0.5, -0.5], zeroline: false, fixedrange: true },
  };
}

function setUpAnswer(data) {
  const block = document.getElementById("answer-plot");
  const [dataset, metric, anchor] = ["dataset", "metric", "anchor"].map((name) => block.querySelector(`[data-field=${name}]`));
  const plot = block.querySelector(".dots");
  const status = block.querySelector("[role=status]");
  const readout = block.querySelector(".readout");
  let drawn = []; // the lines in the plot, from its top
  const shown = () => data[dataset.value].metrics[metric.value];
  const nameOf = (side) => (side.kind === "measured" ? side.label : `${side.label} (${side.kind})`);

  const draw = () => {
    const lines = linesAgainst(shown(), anchor.value);
    const rated = lines.filter((line) => line.rate !== null);
    drawn = rated;
    plot.hidden = rated.length === 0;
    if (rated.length) {
      Plotly.react(plot, rated.map(dotTrace), dotsLayout(rated, metric.value, plot.clientWidth > 500), { displayModeBar: false });
      plot.removeAllListeners("plotly_hover");
      plot.on("plotly_hover", ({ points: [at] }) => readOut(readout, dotTexts(drawn[at.curveNumber])));
    }
    readout.hidden = plot.hidden;
    const without = lines.filter((line) => line.rate === null).map((line) => line.side.label);
    status.textContent = [
      "Left of 0: fewer bits than the anchor",
      rated.some((line) => line.interval) ? "Lines: 95 % intervals over the images" : "No intervals",
      rated.some((line) => line.remark) ? "≈ not separable from the anchor, the interval contains 0" : "",
      without.length ? `No BD-rate: ${without.join(", ")}; the table below says why` : "",
    ].filter(Boolean).join(". ").concat(".");
    const texts = lines.map((line) => [line.side.label, line.text, line.interval, line.side.kind, line.remark]);
    fillTable(block.querySelector("table"), ["Method", "BD-rate [%]", "95 % interval", "Kind", "Remark"], texts, (i) => i === 1 || i === 2);
  };
  const fill = (select, options) => {
    const old = select.value;
    select.replaceChildren(...options);
    if (options.some((option) => option.value === old)) select.value = old;
    select.parentElement.hidden = options.length < 2;
  };
  // A chosen anchor stays where the other dataset or metric has it, too.
  const offerAnchors = () => {
    const old = anchor.selectedOptions[0]?.text;
    const { sides, pairs, anchor: first } = shown();
    const options = sides.map((side, i) => new Option(nameOf(side), String(i))).filter((option) => option.value in pairs);
    anchor.replaceChildren(...options);
    anchor.value = (options.find((option) => option.text === old) || { value: String(first) }).value;
    draw();
  };
  const offerMetrics = () => {
    fill(metric, Object.keys(data[dataset.value].metrics).map((name) => new Option(METRICS[name].label, name)));
    offerAnchors();
  };
  dataset.addEventListener("change", offerMetrics);
  metric.addEventListener("change", offerAnchors);
  anchor.addEventListener("change", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  fill(dataset, Object.entries(data).map(([name, one]) => new Option(one.label, name)));
  offerMetrics();
  let width = plot.clientWidth;
  new ResizeObserver(() => {
    if (plot.clientWidth && plot.clientWidth !== width) draw();
    width = plot.clientWidth;
  }).observe(block);
}
