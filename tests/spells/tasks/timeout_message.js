await timeout(0.01, () => sleep(60)); // HERE
