// The one entry: every behaviour is a module of its own, attached by data- attributes.
import "./request.js";
import "./theme.js";
import "./nav.js";
import "./dialog.js";
import "./toast.js";
import "./copy.js";
import "./session.js";
import "./submit-lock.js";
import "./draft.js";
import "./form-help.js";
import "./hide-again.js";
import "./panel.js";
import "./select.js";
import "./list-tools.js";
import "./cell-edit.js";
import "./calendar.js";
import "./keys.js";
import "./palette.js";
import "./print.js";
import "./export.js";
import "./scroll-end.js";
import "./board.js";

document.documentElement.classList.add("js");
