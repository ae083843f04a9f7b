// Asks before a form with data-confirm="…" is sent. Without script the form is sent at once; the server checks anyway.
document.addEventListener("submit", (event) => {
  const submitter = event.submitter;
  const question = (submitter && submitter.dataset.confirm) || event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
