// What scrolls can be scrolled by the keyboard, and the two sidebars have names of their own.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("pre, .table-wrapper, .text_html, p:has(> img), p:has(> a > img)").forEach((block) => block.setAttribute("tabindex", "0"));
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
});
