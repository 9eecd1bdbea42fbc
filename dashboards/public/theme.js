// Sets the chosen theme before the first paint; the application keeps it from then on (app/settings.ts).
(function () {
  let theme = new URLSearchParams(location.search).get('theme');
  try {
    theme = theme || localStorage.getItem('theme');
  } catch {
    // The style sheet's default stays.
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
