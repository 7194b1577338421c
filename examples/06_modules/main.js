// A spell of several files: `import` loads modules of the spell's own folder.
//   llmspell run examples/06_modules/main.js -p language=French
import ask from "./ask.js";
import { translate } from "./prompts/translate.js";

const { language = "Spanish" } = params;
export default { language, text: await ask(translate("Good morning", language)) };
