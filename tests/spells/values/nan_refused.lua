return { ratio = 0 / 0 }
