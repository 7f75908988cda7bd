// What scrolls can be scrolled by the keyboard, and the two sidebars have names of their own.
const SCROLLING = "pre, .table-wrapper, .cell_output, .text_html, p:has(> img), p:has(> a > img)";
window.addEventListener("load", () => {
  for (const block of document.querySelectorAll(SCROLLING)) {
    if (block.scrollWidth > block.clientWidth) block.setAttribute("tabindex", "0");
  }
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
});
