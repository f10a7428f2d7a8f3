"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const sliders = data.sizes.map((_, k) => byId("s" + k));
  const cells = all("#ledger tbody td");
  const ribbons = all("#curves .ribbon");
  const lines = all("#curves .line");
  const leaders = all("#curves .leader");
  const labels = all("#curves .label");
  const alt = byId("curves-alt").textContent;

  // Rewriting a live region makes it speak, so only what differs is written.
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const notes = (texts) => {
    all("#ledger > p").forEach((old) => old.remove());
    for (const text of texts) {
      const one = document.createElement("p");
      one.textContent = text;
      byId("ledger").append(one);
    }
  };

  const draw = (curves) => {
    curves.forEach(([ribbon, line, leader, height, value], k) => {
      ribbons[k].setAttribute("d", ribbon);
      lines[k].setAttribute("d", line);
      leaders[k].setAttribute("d", leader);
      const x = labels[k].getAttribute("transform").match(/\(([\d.]+)/)[1];
      labels[k].setAttribute("transform", `translate(${x} ${height + 4})`);
      write(labels[k].querySelector(".value"), value);
    });
    const ends = curves.map((curve, k) => `${data.names[k]} ${curve[4]}`).join(", ");
    write(byId("curves-alt"), `${alt} At the end: ${ends}.`);
  };

  const show = () => {
    let number = 0;
    sliders.forEach((slider, k) => {
      const at = Number(slider.value);
      number = number * data.sizes[k] + at;
      slider.setAttribute("aria-valuetext", data.words[k][at]);
      write(byId("o" + k), data.words[k][at]);
    });
    const state = data.states[number];
    document.title = state.title;
    write(byId("where"), state.where);
    write(byId("title"), state.title);
    write(byId("said"), state.said);
    write(document.querySelector("#ledger caption"), state.caption);
    state.cells.forEach((text, k) => write(cells[k], text));
    notes(state.notes);
    draw(state.curves);
  };

  sliders.forEach((slider) => slider.addEventListener("input", show));
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("back").addEventListener("click", () => {
    sliders.forEach((slider, k) => { slider.value = data.start[k]; });
    show();
  });
  byId("controls").hidden = false;
  // Everything printed: the table of all states as well.
  addEventListener("beforeprint", () => all("details").forEach((one) => { one.open = true; }));
  show();
})();
