// The dialog that confirms a change.

import { byId } from "./dom.js";

/** Shows the dialog; resolves to true if the operator confirms. `text` is a list of paragraphs. */
export function confirmed(title, text, yes, { danger = false } = {}) {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").replaceChildren(...text);
  const [no, go] = [byId("confirm-no"), byId("confirm-yes")];
  go.textContent = yes;
  go.className = danger ? "danger" : "main";
  dialog.returnValue = "";
  no.onclick = () => dialog.close("no");
  go.onclick = () => dialog.close("yes");
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    // The event comes a frame late. If the dialog is open again by then, it belongs to another question.
    dialog.onclose = () => dialog.open || resolve(dialog.returnValue === "yes");
  });
}
