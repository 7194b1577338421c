await tools.echo({ value: print }); // HERE
