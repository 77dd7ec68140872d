// Two pictures one over the other, with a divider between them, one zoom for both, and their difference.
// No pixel is read: a browser refuses that to pages opened from disk. The difference is the browser's blend mode.

const ORIGINAL = "original";
const KEY_STEP = 40; // screen pixels a press of an arrow key moves the pictures

function setUpPictures(pictures, data, showRow) {
  const byId = (id) => document.getElementById(id);
  const [frame, slider, zoomSelect, gain, images] = ["compare", "compare-slider", "compare-zoom", "compare-gain", "compare-image"].map(byId);
  const stage = frame.querySelector(".stage");
  const divider = frame.querySelector(".divider");
  const views = [...byId("compare-view").children];
  const sides = ["left", "right"].map((name) => pictureSide(name, data, showRow, () => show()));
  const state = { zoom: "fit", x: 0, y: 0 }; // x, y: screen position of the pictures' corner in the frame

  const picture = () => pictures.images[Number(images.value)];
  const size = () => ({ width: sides[0].img.naturalWidth || 1, height: sides[0].img.naturalHeight || 1 });
  const highest = () => Math.max(200, innerHeight * 0.8);
  const fit = () => Math.min(frame.clientWidth / size().width, highest() / size().height);
  const scale = () => (state.zoom === "fit" ? fit() : Number(state.zoom) / devicePixelRatio);

  function place() {
    const { width, height } = size();
    const k = scale();
    frame.style.height = `${Math.min(height * k, highest())}px`;
    const within = (value, whole, visible) => (whole <= visible ? (visible - whole) / 2 : Math.min(0, Math.max(visible - whole, value)));
    state.x = within(state.x, width * k, frame.clientWidth);
    state.y = within(state.y, height * k, frame.clientHeight);
    stage.style.transform = `translate(${state.x}px, ${state.y}px) scale(${k})`;
    stage.style.width = `${width}px`;
    stage.style.height = `${height}px`;
    stage.style.imageRendering = k * devicePixelRatio > 1 ? "pixelated" : "auto";
    divide();
  }

  function divide() {
    const difference = views.find(isPressed).dataset.view === "difference";
    const at = (frame.clientWidth * Number(slider.value)) / 100;
    const cut = (at - state.x) / scale();
    sides[1].img.style.clipPath = difference ? "none" : `inset(0 0 0 ${Math.max(0, cut)}px)`;
    sides[1].img.style.mixBlendMode = difference ? "difference" : "normal";
    stage.style.filter = difference ? `brightness(${gain.value})` : "none";
    divider.style.left = `${at}px`;
    divider.hidden = difference;
    slider.disabled = difference;
    gain.parentElement.hidden = !difference;
  }

  function show() {
    sides.forEach((side) => side.show(picture()));
    place();
  }

  // Zooms so that what is at (x, y) of the frame stays there.
  function zoom(value, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
    const before = scale();
    state.zoom = zoomSelect.value = value;
    const ratio = scale() / before;
    state.x = x - (x - state.x) * ratio;
    state.y = y - (y - state.y) * ratio;
    place();
  }

  function stepZoom(step, x, y) {
    const next = zoomSelect.selectedIndex + step;
    if (zoomSelect.options[next]) zoom(zoomSelect.options[next].value, x, y);
  }

  function move(dx, dy) {
    state.x += dx;
    state.y += dy;
    place();
  }

  // A drag moves the divider when it starts near it or when all is in view; else it moves the pictures.
  function drag(event) {
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    const offset = () => frame.getBoundingClientRect().left;
    const slides = !slider.disabled && (state.zoom === "fit" || Math.abs(event.clientX - offset() - divider.offsetLeft) < 24);
    let [x, y] = [event.clientX, event.clientY];
    const follow = (moved) => {
      if (slides) {
        slider.value = String((100 * (moved.clientX - offset())) / frame.clientWidth);
        divide();
      } else move(moved.clientX - x, moved.clientY - y);
      [x, y] = [moved.clientX, moved.clientY];
    };
    follow(event);
    frame.addEventListener("pointermove", follow);
    ["pointerup", "pointercancel"].forEach((end) => frame.addEventListener(end, () => frame.removeEventListener("pointermove", follow), { once: true }));
  }

  const keys = {
    ArrowLeft: () => move(KEY_STEP, 0), ArrowRight: () => move(-KEY_STEP, 0), ArrowUp: () => move(0, KEY_STEP), ArrowDown: () => move(0, -KEY_STEP),
    "+": () => stepZoom(1), "-": () => stepZoom(-1),
  };
  frame.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  frame.addEventListener("pointerdown", drag);
  frame.addEventListener("dblclick", (event) => {
    const box = frame.getBoundingClientRect();
    stepZoom(event.shiftKey ? -1 : 1, event.clientX - box.left, event.clientY - box.top);
  });
  slider.addEventListener("input", divide);
  gain.addEventListener("change", divide);
  zoomSelect.addEventListener("change", () => zoom(zoomSelect.value));
  views.forEach((button) => button.addEventListener("click", () => {
    views.forEach((other) => press(other, other === button));
    divide();
  }));
  images.append(...pictures.images.map((one, i) => new Option(`${one.image} (${one.dataset})`, String(i))));
  images.addEventListener("change", () => { sides.forEach((side) => side.offer(picture())); show(); });
  sides.forEach((side) => side.img.addEventListener("load", place));
  new ResizeObserver(() => requestAnimationFrame(place)).observe(frame); // placing resizes the frame once more
  sides[0].offer(picture(), ORIGINAL);
  sides[1].offer(picture());
  show();
}

// One of the two sides: which method and point it shows. A side keeps its method when another image is chosen.
function pictureSide(name, data, showRow, changed) {
  const box = document.querySelector(`fieldset[data-side=${name}]`);
  const [method, point] = ["method", "point"].map((field) => box.querySelector(`[data-field=${field}]`));
  const caption = box.querySelector(".caption");
  const img = document.querySelector(`.stage img[data-side=${name}]`);
  let decoded = []; // {row, path} of the image

  const ofMethod = () => decoded.filter(({ row }) => data.series[row.method] === method.value);
  function offerPoints() {
    const old = point.value;
    const options = ofMethod().map(({ row }) => new Option(`${row.point} (${fixed(row.bpp, 3)} bpp)`, row.point));
    point.replaceChildren(...options);
    point.disabled = options.length === 0;
    if (options.some((option) => option.value === old)) point.value = old;
  }
  function offer(picture, wanted = method.value) {
    decoded = picture.decoded.map(([number, path]) => ({ row: data.all[number], path }));
    decoded.sort((a, b) => a.row.bpp - b.row.bpp);
    const names = unique(picture.decoded.map(([number]) => data.all[number].method));
    method.replaceChildren(new Option("Original", ORIGINAL), ...names.map((i) => new Option(data.methods[i], data.series[i])));
    method.value = wanted || data.series[names.at(-1)];
    if (!method.value) method.value = ORIGINAL;
    offerPoints();
  }
  function show(picture) {
    const found = ofMethod().find(({ row }) => row.point === point.value);
    const source = found ? found.path : picture.original;
    if (img.getAttribute("src") !== source) img.src = source;
    const label = found ? data.methods[found.row.method] : "Original";
    img.alt = `${picture.image}, ${found ? `${label} at point ${found.row.point}` : "the original"}`;
    caption.replaceChildren(...(found ? captionOf(label, found.row) : [label]));
  }
  function captionOf(label, row) {
    const button = element("button", [`${fixed(row.bpp, 4)} bpp`, ...scoreTexts(row, data.metrics)].join(" | "));
    Object.assign(button, { type: "button", className: "trace", title: "Where these numbers come from" });
    button.addEventListener("click", () => showRow(row));
    return [`${label}, point ${row.point} | `, button];
  }
  img.addEventListener("error", () => { caption.textContent = `${img.getAttribute("src")} is not beside this page`; });
  method.addEventListener("change", () => { offerPoints(); changed(); });
  point.addEventListener("change", changed);
  return { img, offer, show };
}
