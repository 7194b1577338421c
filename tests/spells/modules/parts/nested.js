import greet from "./greet.js";
import { answer } from "../parts/settings.js";
export const greeting = greet(answer);
