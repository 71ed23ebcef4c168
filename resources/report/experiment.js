"use strict";

// The table is complete without this: it only sorts its rows and hides some of them.
(() => {
  const table = document.querySelector("table.overview");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const headings = [...table.querySelectorAll("tr.columns th")];
  const words = new Intl.Collator(undefined, { numeric: true });

  const value = (row, column) => {
    const cell = row.cells[column];
    if ("v" in cell.dataset) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    return text === "" || text === "–" || text === "✕ missing" ? null : text;
  };

  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);

  // Cells without a value come last in either direction; equal ones stay in the sheet's order.
  const sort = (column, direction) => {
    const keyed = rows.map((row) => [value(row, column), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return direction * compare(a, b);
    });
    body.append(...keyed.map(([, row]) => row));
    headings.forEach((heading, index) => {
      if (index === column) {
        heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      } else {
        heading.removeAttribute("aria-sort");
      }
    });
  };

  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => {
      sort(column, heading.getAttribute("aria-sort") === "ascending" ? -1 : 1);
    });
    heading.append(button);
  });

  // What is looked for: the recording, its verdict and remarks, and what the sheet says of it.
  const form = document.querySelector("form.filter");
  const told = form.querySelector("output");
  const lastWord = Number(table.dataset.words);
  const texts = new Map(
    rows.map((row) => [
      row,
      [...row.cells].slice(0, lastWord).map((cell) => cell.textContent).join(" ").toLowerCase(),
    ]),
  );
  const filter = () => {
    const wanted = form.querySelector("input").value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !wanted.every((word) => texts.get(row).includes(word));
      shown += !row.hidden;
    }
    told.value = shown === rows.length ? "" : `${shown} of ${rows.length} recordings`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();
})();
