// Sends the one form of the page at once; without a script there is its button.
document.querySelector('form[data-auto-post]')?.submit();
