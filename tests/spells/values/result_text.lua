return "just text"
