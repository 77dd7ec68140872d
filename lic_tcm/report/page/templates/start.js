// Starts everything once the page is there.

const plotData = readJson("plot-data");
const imageData = readJson("image-data");
const traceData = readJson("trace-data");
const pictureData = readJson("picture-data");
if (imageData) {
  const named = (cells) => Object.fromEntries(imageData.columns.map((name, i) => [name, cells[i]]));
  imageData.rows = imageData.rows.map(named);
  imageData.all = [...imageData.rows]; // sorting the table moves the rows about
}
const showProvenance = setUpProvenance();
const answerData = readJson("answer-data");
if (answerData) setUpAnswer(answerData);

document.querySelectorAll(".plot-block").forEach((block) => {
  if (!block.querySelector(".plot")) return;
  const dataset = block.dataset.dataset;
  const show = (curve, point, metric) => showProvenance(ofPoint(traceData, imageData, dataset, curve, point, metric));
  setUpPlot(block, plotData[dataset].metrics, show);
});
document.querySelectorAll(".table-block").forEach((block) => {
  setUpTable(block);
  if (!Object.keys(TABLE_FILES).some((start) => block.id.startsWith(start))) return;
  const body = block.querySelector("tbody");
  addTraceButtons(body.rows);
  makeTraceable(body, (row, cell) => ofTableRow(traceData, imageData, block, row, cell), showProvenance);
});
if (document.getElementById("image-table")) setUpImages(imageData, (row) => showProvenance(ofImageRow(traceData, imageData, row)));
if (pictureData) setUpPictures(pictureData, imageData, (row) => showProvenance(ofImageRow(traceData, imageData, row)));
const openSection = setUpFolding();
setUpAddress(openSection);
setUpPrinting();
