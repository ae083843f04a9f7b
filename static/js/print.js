// A button with data-print opens the browser's print window; it is shown only when scripts run.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
// After a refused form, the keyboard and the screen reader start at the list of errors.
const summary = document.getElementById("error-summary");
if (summary) summary.focus();
