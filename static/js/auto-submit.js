// A select with data-auto-submit sends its filter form when a choice is made with the pointer or touch.
// Keyboard users step through choices with the arrows, so for them only the button (or Enter) sends.
for (const select of document.querySelectorAll("select[data-auto-submit]")) {
  let byKeyboard = false;
  select.addEventListener("keydown", () => { byKeyboard = true; });
  select.addEventListener("pointerdown", () => { byKeyboard = false; });
  select.addEventListener("change", () => {
    if (!byKeyboard && select.form) select.form.requestSubmit();
  });
}
