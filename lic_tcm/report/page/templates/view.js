// What a reader chose, in the address; sections that fold on a phone; plots that fit the paper they are printed on.

// ---- the address --------------------------------------------------------------------------------------------------

// A control of the page by a name that stays the same when the page is made again, with what it holds as text.
function controlName(control, title) {
  const block = control.closest(".table-block, .plot-block, #answer-plot, #image-tools, section");
  const place = block.dataset.dataset ? `rd-${block.dataset.dataset}` : block.id;
  return [place, control.closest("[data-side]")?.dataset.side, title.toLowerCase()].filter(Boolean).join(".");
}

function fieldControl(field) {
  const isSelect = field.tagName === "SELECT";
  return {
    name: controlName(field, field.closest("label").firstChild.textContent.trim()),
    read: () => (isSelect ? field.selectedOptions[0]?.text || "" : field.value),
    write: (text) => {
      const option = isSelect ? [...field.options].find((one) => one.text === text) : { value: text };
      if (!option) return;
      field.value = option.value;
      field.dispatchEvent(new Event(isSelect ? "change" : "input"));
    },
  };
}

function switchControl(group) {
  const said = (button) => Object.values(button.dataset)[0];
  return {
    name: controlName(group, group.getAttribute("aria-label")),
    read: () => said([...group.children].find(isPressed)),
    write: (text) => [...group.children].find((button) => said(button) === text)?.click(),
  };
}

// The methods that a legend has switched off.
function legendControl(series) {
  const buttons = [...series.children];
  return {
    name: controlName(series, "without"),
    read: () => buttons.filter((button) => !isPressed(button)).map((button) => encodeURIComponent(button.dataset.key)).join(","),
    write: (text) => {
      const off = new Set(text.split(",").map(decodeURIComponent));
      buttons.filter((button) => isPressed(button) === off.has(button.dataset.key)).forEach((button) => button.click());
    },
  };
}

// The choices that differ from those the page begins with stand after the section's name, "#bd-rate?...": a page
// opened from disk may change no other part of its address. Calls open(section) for a section that is asked for.
function setUpAddress(open) {
  const each = (selector, make) => [...document.querySelectorAll(selector)].map(make);
  const controls = [
    ...each("main select, main input", fieldControl), ...each("main .switch", switchControl), ...each("main .series", legendControl),
  ];
  const first = new Map(controls.map(({ name, read }) => [name, read()]));
  const parts = () => location.hash.slice(1).split("?");

  const write = () => {
    const chosen = controls.map(({ name, read }) => [name, read()]).filter(([name, text]) => text !== first.get(name));
    const state = String(new URLSearchParams(chosen));
    const hash = `#${parts()[0]}${state ? `?${state}` : ""}`;
    if (hash !== (location.hash || "#")) history.replaceState(null, "", location.href.split("#")[0] + hash);
  };
  const read = () => {
    const [section, ...state] = parts();
    const wanted = new URLSearchParams(state.join("?"));
    controls.forEach(({ name, read: now, write: set }) => {
      const text = wanted.get(name) ?? first.get(name);
      if (now() !== text) set(text);
    });
    if (section) open(section);
  };
  let timer = 0;
  ["change", "input", "click"].forEach((event) => document.addEventListener(event, () => {
    clearTimeout(timer);
    timer = setTimeout(write, 150);
  }, true));
  // A link within the page names a section only: what was chosen stays. An address with choices is one to follow.
  addEventListener("hashchange", () => {
    if (parts().length > 1) read();
    else {
      open(parts()[0]);
      write();
    }
  });
  if (location.hash) read();
}

// ---- folding ------------------------------------------------------------------------------------------------------

const UNFOLDED = ["answer", "curves"]; // what a phone shows at once

// On a phone a section's title is a button that shows it; the returned function shows what an id is of.
function setUpFolding() {
  const phone = matchMedia("screen and (max-width: 48rem)");
  const folding = [...document.querySelectorAll("main > section")]
    .filter((section) => !UNFOLDED.includes(section.id) && !("leads" in section.dataset));
  const set = (section, folded) => {
    section.classList.toggle("folded", folded);
    section.querySelector("h2 > button")?.setAttribute("aria-expanded", String(!folded));
  };
  const arrange = () => folding.forEach((section) => {
    const title = section.querySelector("h2");
    const text = title.textContent;
    if (!phone.matches) {
      title.textContent = text;
      set(section, false);
      return;
    }
    const button = element("button", text);
    button.type = "button";
    button.addEventListener("click", () => set(section, !section.classList.contains("folded")));
    title.replaceChildren(button);
    set(section, true);
  });
  phone.addEventListener("change", arrange);
  arrange();
  return (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    const section = target.closest("main > section");
    if (section) set(section, false);
    target.scrollIntoView();
  };
}

// ---- paper --------------------------------------------------------------------------------------------------------

const PAPER = { ".dots": { width: 330 }, ".plot": { width: 500, height: 300 } }; // CSS pixels beside the text of A4 and Letter

function setUpPrinting() {
  const plots = () => Object.entries(PAPER).flatMap(([selector, size]) =>
    [...document.querySelectorAll(selector)].filter((plot) => plot.data).map((plot) => ({ plot, size })));
  addEventListener("beforeprint", () => plots().forEach(({ plot, size }) => Plotly.relayout(plot, size)));
  addEventListener("afterprint", () => plots().forEach(({ plot, size }) => {
    Plotly.relayout(plot, { width: null, autosize: true, ...("height" in size ? { height: null } : {}) });
  }));
}
