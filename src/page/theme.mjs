// Light, dark, or as the system has it; remembered.
import { byId } from './dom.mjs';

const key = 'hitlessd theme';

export function startTheme() {
  const choices = byId('theme');
  apply(remembered());
  choices.addEventListener('change', (event) => {
    apply(event.target.value);
    try {
      localStorage.setItem(key, event.target.value);
    } catch {
      // Without storage it is as chosen until the page is closed.
    }
  });

  function apply(theme) {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const input = choices.querySelector(`input[value="${theme}"]`);
    if (input) input.checked = true;
  }
}

function remembered() {
  try {
    const theme = localStorage.getItem(key);
    return ['light', 'dark'].includes(theme) ? theme : 'auto';
  } catch {
    return 'auto';
  }
}
