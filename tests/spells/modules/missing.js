const nothing = await import("./parts/nothing"); // HERE
export default nothing;
