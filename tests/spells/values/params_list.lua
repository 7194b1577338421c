local count = #params
table.sort(params)
return { count = count, sorted = params }
