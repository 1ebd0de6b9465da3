// Asks before something is changed.

import { byId } from "./dom.js";

/** Whether the operator says yes. `text` are paragraphs. */
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
  return new Promise((answer) => {
    // Told a frame late: by then another question may be open, which this is no answer to.
    dialog.onclose = () => dialog.open || answer(dialog.returnValue === "yes");
  });
}
