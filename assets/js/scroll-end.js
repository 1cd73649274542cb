// A table wider than the screen opens at its newest columns.
for (const box of document.querySelectorAll("[data-scroll-end]")) box.scrollLeft = box.scrollWidth;
