throw { code: 7, items: [1, 2] };
